"""Keeps two processes out of one run's folder; the system frees the lock of a process that dies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from fer_lightning.errors import FerError

NAME = ".lock"


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder, made where it is missing, for this process alone.

    Raises:
        FerError: another process trains in it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / NAME)
    try:
        lock.acquire(timeout=0)
    except Timeout as taken:
        raise FerError(
            f"{folder}: another fer-train runs in this folder; wait for it, or choose another hydra.run.dir"
        ) from taken
    try:
        yield
    finally:
        lock.release()


def wait_for_folder(folder: Path) -> None:
    """Returns when no process trains in the folder."""
    if (folder / NAME).exists():
        with FileLock(folder / NAME):
            return
