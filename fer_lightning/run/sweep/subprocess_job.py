"""Runs a job in a subprocess that ends with its launcher and writes its output to a file."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

JOB_VARIABLE = "FER_SWEEP_JOB"  # set in the child, whose standard input is a pipe that its launcher keeps open
WATCHER_THREAD = "parent"  # name of the thread that watches the parent process
POLL = 1.0  # seconds between checks
AUTOGROUP = Path("/proc/self/autogroup")
GRACE = 60  # seconds for a job to save its state when its launcher is gone


def run_subprocess(module: str, arguments: Sequence[str], log: Path, variables: Mapping[str, str]) -> int:
    """Runs `python -m module` to its end and returns its exit code, negative for the signal that killed it.

    Ctrl-C is forwarded, and raised again when the job has saved its state for a resume.

    Args:
        module: with a `__main__` part.
        arguments: of the command.
        log: the job's output is appended to this file.
        variables: of its environment, beside this process's own.
    """
    _exit_with_parent()
    with log.open("ab") as stream:
        child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,  # never written to: it closes when this process ends, however it ends
            stdout=stream,
            stderr=subprocess.STDOUT,
            env={**os.environ, **variables, JOB_VARIABLE: "1", "PYTHONUNBUFFERED": "1"},
            start_new_session=True,  # its whole group, with what it starts itself, can be ended at once
        )
    try:
        return child.wait()
    except BaseException:
        child.send_signal(signal.SIGINT)
        child.wait()
        raise
    finally:
        assert child.stdin is not None
        child.stdin.close()


def _exit_with_parent() -> None:
    """Ends a worker of joblib, and so its job, when its launcher is killed."""
    parent = multiprocessing.parent_process()
    watched = any(thread.name == WATCHER_THREAD for thread in threading.enumerate())
    if parent is not None and parent.pid == os.getppid() and not watched:
        threading.Thread(target=_wait_for_parent, args=(parent.pid,), daemon=True, name=WATCHER_THREAD).start()


def _wait_for_parent(parent: int | None) -> None:
    while os.getppid() == parent:
        time.sleep(POLL)
    os._exit(1)


def exit_with_launcher() -> None:
    """Ends a job's process group when its launcher ends; has no effect in other processes."""
    if os.environ.pop(JOB_VARIABLE, None) is not None:
        _keep_priority()
        threading.Thread(target=_wait_for_launcher, daemon=True, name="launcher").start()


def _keep_priority() -> None:
    """Sets the niceness of the job's session to that of its launcher.

    With autogroups, Linux schedules between sessions first, so `nice -n 19 fer-train -m` alone would not affect jobs.
    """
    if AUTOGROUP.exists():
        with contextlib.suppress(OSError):  # a priority that only root may give, or one change too soon after another
            AUTOGROUP.write_text(str(os.nice(0)))


def _wait_for_launcher() -> None:
    while os.read(0, 1):  # nothing is ever written: this returns when the other end is closed
        continue
    os.killpg(0, signal.SIGTERM)  # a job of several processes needs all of them to hear it
    time.sleep(GRACE)
    os.killpg(0, signal.SIGKILL)
