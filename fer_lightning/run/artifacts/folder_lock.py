"""Keeps two processes out of one run's folder; the system frees the lock of a process that dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fer_lightning.errors import FerError

LOCK_FILE = ".lock"


class FolderLock:
    """A folder for this process alone; see `lock_folder`.

    Args:
        folder: it is made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._locks = ExitStack()

    def acquire(self) -> None:
        """Takes the folder; once more after what lay there has moved elsewhere, and the lock's file with it.

        Raises:
            FerError: another process has it.
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
        """Lets others in."""
        self._locks.close()


@contextmanager
def lock_folder(folder: Path) -> Iterator[FolderLock]:
    """The folder, made where it is missing, for this process alone.

    Raises:
        FerError: another process runs in it.
    """
    lock = FolderLock(folder)
    lock.acquire()
    try:
        yield lock
    finally:
        lock.release()


def wait_for_folder(folder: Path) -> None:
    """Returns when no process runs in the folder."""
    if (folder / LOCK_FILE).exists():
        with FileLock(folder / LOCK_FILE):
            return
