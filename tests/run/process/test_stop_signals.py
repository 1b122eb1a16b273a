"""Outside training a signal ends a run at once, wherever it comes."""

from __future__ import annotations

import os
import signal
import time

import pytest

from fer_lightning.run.process import stop_signals
from fer_lightning.run.process.stop_signals import raise_on_signals
from fer_lightning.signals import STOP_SIGNALS
from fer_lightning.training.callbacks.interrupt import Interrupted


def stopped(signum):
    os.kill(os.getpid(), signum)
    time.sleep(60)


def handlers():
    return {signum: signal.getsignal(signum) for signum in STOP_SIGNALS}


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_a_signal_raises_where_the_program_stands_and_the_handlers_come_back(signum):
    before = handlers()
    with pytest.raises(Interrupted) as stop, raise_on_signals():
        stopped(signum)
    assert stop.value.signum == signum
    assert handlers() == before


class Dies:
    """Gets the signal in its destructor, out of which Python lets no exception."""

    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)


def swallowed_by_python():
    Dies()


def swallowed_by_a_library():
    try:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)
    except BaseException:
        return


def lose_and_go_on(lose):
    lose()
    time.sleep(60)


@pytest.mark.parametrize("lose", [swallowed_by_python, swallowed_by_a_library])
def test_what_is_lost_on_the_way_is_raised_again(lose, monkeypatch, capfd):
    monkeypatch.setattr(stop_signals, "REPEAT_INTERVAL", 0.05)
    with pytest.raises(Interrupted), raise_on_signals():
        lose_and_go_on(lose)
    assert "ignored" not in capfd.readouterr().err


def test_further_signals_are_ignored_while_the_block_ends_in_good_order(monkeypatch):
    monkeypatch.setattr(stop_signals, "REPEAT_INTERVAL", 0.05)
    before, ended = handlers(), False
    with raise_on_signals() as signals:
        try:
            stopped(signal.SIGTERM)
        except Interrupted:
            signals.ignore_further()
            for _ in range(9):
                os.kill(os.getpid(), signal.SIGTERM)
                time.sleep(0.02)
            with pytest.raises(KeyboardInterrupt):
                stopped(signal.SIGINT)
            ended = True
    assert ended
    assert handlers() == before


def test_after_it_is_caught_only_another_signal_raises(monkeypatch):
    monkeypatch.setattr(stop_signals, "REPEAT_INTERVAL", 0.02)
    with raise_on_signals() as signals:
        for _ in range(2):
            with pytest.raises(Interrupted):
                stopped(signal.SIGTERM)
            signals.caught()
            time.sleep(0.1)


@pytest.mark.parametrize(("signum", "code"), [(signal.SIGINT, 2), (signal.SIGUSR1, 3)])
def test_a_process_that_loads_images_leaves_the_end_to_the_first(signum, code):
    with raise_on_signals():
        child = os.fork()
        if child == 0:
            try:
                os.kill(os.getpid(), signum)
                time.sleep(0.1)
            except KeyboardInterrupt:
                os._exit(2)
            except BaseException:
                os._exit(4)
            os._exit(3)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == code
