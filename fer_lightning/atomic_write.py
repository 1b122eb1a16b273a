"""Writes files atomically; for every room."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fer_lightning.os_errors import naming


@contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it replaces `path` in one step when the block succeeds.

    A process that is killed in between leaves the previous file, and a `.partial` that the next one overwrites.
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
