"""Stops the parts of a run outside of training immediately when a signal arrives."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from fer_lightning.signals import STOP_SIGNALS
from fer_lightning.training.callbacks.interrupt import Interrupted

REPEAT_INTERVAL = 0.5  # seconds until Interrupted is raised again if it was lost


class StopSignals:
    """The handler of `raise_on_signals`."""

    def __init__(self) -> None:
        self._caught = threading.Event()
        self._repeating = False
        self._pid = os.getpid()

    def caught(self) -> None:
        """Call this when Interrupted has arrived; the next signal raises it again."""
        self._caught.set()
        self._repeating = False

    def ignore_further(self) -> None:
        """Ignores all further signals but Ctrl-C, so that the block can finish its cleanup."""
        self.caught()
        if threading.current_thread() is threading.main_thread():
            for signum in STOP_SIGNALS:
                signal.signal(signum, signal.default_int_handler if signum == signal.SIGINT else signal.SIG_IGN)

    def raise_interrupted(self, signum: int, frame: FrameType | None) -> None:
        """Raises Interrupted, repeatedly: Python drops exceptions in destructors and callbacks of weak references."""
        if os.getpid() != self._pid:  # a worker that loads images: it ends with this process and handles Ctrl-C
            if signum == signal.SIGINT:
                raise KeyboardInterrupt
            return
        if not self._repeating:
            self._repeating, self._caught = True, threading.Event()
            threading.Thread(target=self._repeat, args=(signum, self._caught), daemon=True).start()
        raise Interrupted(signum)

    @staticmethod
    def _repeat(signum: int, caught: threading.Event) -> None:
        main = threading.main_thread().ident
        assert main is not None
        while not caught.wait(REPEAT_INTERVAL):
            signal.pthread_kill(main, signum)


@contextmanager
def raise_on_signals() -> Iterator[StopSignals]:
    """Raises Interrupted within the block when a signal of `signals.STOP_SIGNALS` arrives.

    During training the callback Interrupt handles them instead and lets the current step finish. The previous handlers
    are restored at the end of the block.

    Raises:
        Interrupted: a signal arrived.
    """
    signals = StopSignals()
    if threading.current_thread() is not threading.main_thread():  # only the main thread gets signals
        yield signals
        return
    before = {signum: signal.signal(signum, signals.raise_interrupted) for signum in STOP_SIGNALS}
    told, sys.unraisablehook = sys.unraisablehook, _ignore_interrupted(sys.unraisablehook)
    try:
        yield signals
    finally:
        signals.caught()
        sys.unraisablehook = told
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _ignore_interrupted(hook: Any) -> Any:
    def told(unraisable: Any) -> None:
        if not isinstance(unraisable.exc_value, Interrupted):
            hook(unraisable)

    return told
