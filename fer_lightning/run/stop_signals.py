"""Ends the parts of a run that are not training at once when a signal asks for it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from fer_lightning.signals import ASKING
from fer_lightning.training.callbacks.interrupt import Interrupted


@contextmanager
def interruptible() -> Iterator[Callable[[], None]]:
    """Within the block, a signal of `signals.ASKING` raises Interrupted where the program stands.

    In training the callback Interrupt answers them instead, and lets the running step end. The block gets a function
    that makes it ignore further signals but Ctrl-C, for what it does to end in good order. The handlers of before come
    back with the end of the block.

    Raises:
        Interrupted: a signal came.
    """
    if threading.current_thread() is not threading.main_thread():  # which alone gets signals
        yield lambda: None
        return
    before = {signum: signal.signal(signum, _interrupt) for signum in ASKING}
    try:
        yield _ignore_further
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise Interrupted(signum)


def _ignore_further() -> None:
    for signum in ASKING:
        signal.signal(signum, signal.default_int_handler if signum == signal.SIGINT else signal.SIG_IGN)
