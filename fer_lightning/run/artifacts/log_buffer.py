"""Buffers log messages until the run has locked its folder; a rejected run writes no log."""

from __future__ import annotations

from logging.handlers import MemoryHandler


class LogBuffer(MemoryHandler):
    """Keeps all records until `flush_to_target`.

    `logging.shutdown` also flushes a MemoryHandler with flushOnClose=False, so that a rejected run would write into the
    log of the run whose folder it tried to use.
    """

    def flush(self) -> None:
        """Does nothing."""

    def flush_to_target(self) -> None:
        """Passes all records to the target."""
        super().flush()
