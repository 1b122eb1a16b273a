"""Writes a file whole or not at all; for every room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fer_lightning.os_errors import naming


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A place beside `path` to write to; when the block ends well it becomes `path`, on disk and in one step.

    A process that is killed half-way leaves the file of before, and a `.partial` that the next one writes over.
    """
    scratch = path.with_name(f"{path.name}.partial")
    try:
        with naming(path):
            yield scratch
            with scratch.open("rb+") as written:
                os.fsync(written.fileno())
            scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)
