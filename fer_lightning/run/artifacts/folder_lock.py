"""A lock that prevents two processes from using one run folder; it is released when its process dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fer_lightning.errors import FerError

LOCK_FILE = ".lock"


class FolderLock:
    """Exclusive access to a folder; see `lock_folder`.

    Args:
        folder: created if it does not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._locks = ExitStack()

    def acquire(self) -> None:
        """Locks the folder; call it again after the folder was archived together with the lock file.

        Raises:
            FerError: another process has locked it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / LOCK_FILE)
        try:
            lock.acquire(timeout=0)
        except Timeout as taken:
            raise FerError(
                f"{self.folder}: another fer-train or fer-eval runs in this folder; wait for it, or choose another "
                "hydra.run.dir"
            ) from taken
        self._locks.callback(lock.release)

    def release(self) -> None:
        """Unlocks the folder."""
        self._locks.close()


@contextmanager
def lock_folder(folder: Path) -> Iterator[FolderLock]:
    """Locks the folder within the block; creates it if it does not exist.

    Raises:
        FerError: another process has locked it.
    """
    lock = FolderLock(folder)
    lock.acquire()
    try:
        yield lock
    finally:
        lock.release()


def wait_for_folder(folder: Path) -> None:
    """Waits until no process uses the folder."""
    if (folder / LOCK_FILE).exists():
        with FileLock(folder / LOCK_FILE):
            return
