"""Runs a command as a process of its own and measures it from outside: seconds and peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from fer_lightning.errors import FerError

ROOT = Path(__file__).parents[2]
EVERY = 0.02  # seconds between two looks at the memory
PEAK, ANONYMOUS = "VmHWM", "RssAnon"  # lines of /proc/PID/status


class Measured(NamedTuple):
    """One run of a command; memory is looked at every EVERY seconds, and None where there is no /proc.

    Attributes:
        started: monotonic clock.
        seconds: from its start to its end.
        cpu_seconds: processor time that it took.
        peak: bytes of resident memory at most; pages of memory-mapped files that happen to be in memory count.
        anonymous: bytes of its own memory at most, without such pages, which the system takes back when it needs them.
    """

    started: float
    seconds: float
    cpu_seconds: float
    peak: int | None
    anonymous: int | None


def run(command: Sequence[str], variables: Mapping[str, str], log: Path) -> Measured:
    """Runs a command in the checkout's root, with these environment variables beside the present ones.

    Args:
        command: the program and its arguments.
        variables: of the environment.
        log: what it prints.

    Raises:
        FerError: it ends with an exit code other than 0.
    """
    # not from the usage that wait4 gives: it begins at the memory of the process that started this one
    seen: dict[str, int] = {}
    before = _cpu_of_children()
    with log.open("wb") as stream:
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **variables}, stdout=stream, stderr=subprocess.STDOUT
        )
        try:
            while True:
                for name, value in _memory(process.pid).items():
                    seen[name] = max(value, seen.get(name, 0))
                if process.poll() is not None:
                    break
                time.sleep(EVERY)
        except BaseException:
            process.kill()
            process.wait()
            raise
        seconds = time.monotonic() - started
    if process.returncode:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        raise FerError(f"{' '.join(command)}: exit code {process.returncode}\n" + "\n".join(last))
    return Measured(started, seconds, _cpu_of_children() - before, seen.get(PEAK), seen.get(ANONYMOUS))


def _cpu_of_children() -> float:
    """Processor time of all processes that this one has started and that have ended."""
    times = os.times()
    return times.children_user + times.children_system


def _memory(pid: int) -> dict[str, int]:
    """Bytes by PEAK and ANONYMOUS; empty where the process has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return {}
    fields = (line.partition(":") for line in status.splitlines())
    return {name: 1024 * int(value.split()[0]) for name, _, value in fields if name in (PEAK, ANONYMOUS)}
