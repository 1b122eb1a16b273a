"""Holds what a run says until its folder is its own: then it goes into the log, and otherwise nowhere."""

from __future__ import annotations

from logging.handlers import MemoryHandler


class LogBuffer(MemoryHandler):
    """Passes nothing on until `flush_to_target`.

    `logging.shutdown` flushes every handler when a process ends or logging is configured anew, also a MemoryHandler
    with flushOnClose=False, and a run that is refused would write into the log of the one that lies in its folder.
    """

    def flush(self) -> None:
        """Keeps what it holds."""

    def flush_to_target(self) -> None:
        """Hands everything over to its target."""
        super().flush()
