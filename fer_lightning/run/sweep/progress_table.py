"""The live table of a sweep: finished, running and failed jobs, the best value, and the remaining time."""

from __future__ import annotations

import atexit
import shlex
import sys
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from fer_lightning.control_characters import without_controls, without_controls_in_lines
from fer_lightning.results.metric_names import is_fraction, unit
from fer_lightning.results.printing import rich_text, takes_unicode
from fer_lightning.results.summary import decibels, duration, percent
from fer_lightning.results.sweep import DONE, FAILED, PLANNED, RUNNING, JobState, SweepState
from fer_lightning.run.sweep import state

INTERVAL = 1.0  # seconds between reads of sweep.json
SHOWN_JOBS = 12  # running jobs that a terminal shows


class ProgressTable:
    """Shows sweep.json on stderr: a live table in a terminal, otherwise one line per finished job.

    Args:
        sweep_dir: the sweep's folder.
        monitor: what the jobs are compared by.
        mode: `max` or `min`.
        planned: when this launch wrote its plan.
        own: names of the jobs of this launch; None for adaptive sweepers, where all jobs of the folder count.
    """

    def __init__(
        self, sweep_dir: Path, monitor: str, mode: str, planned: str = "", own: Iterable[str] | None = None
    ) -> None:
        self.sweep_dir = sweep_dir
        self.monitor = monitor
        self.mode = mode
        self.planned = planned
        self.own = None if own is None else frozenset(own)
        self._began = time.monotonic()
        self._before: set[str] = set()
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._keep_showing, daemon=True, name="sweep")

    def begin(self) -> None:
        """Starts the display until `end` or the end of the process."""
        found = self._own()
        self._before = {job.name for job in found.of(DONE)}
        print(
            f"{_format_count(len(found.jobs) or found.total or 0)} in {_make_relative(self.sweep_dir)}", file=sys.stderr
        )
        atexit.register(self.end)  # also if the sweep is interrupted or the sweeper fails
        self._watch.start()

    def end(self) -> bool:
        """Prints the summary and the last lines of each failed job; returns whether all jobs succeeded."""
        atexit.unregister(self.end)
        self._stop()
        if state.remove_unstarted(self.sweep_dir, self.planned):  # the config of a job was rejected, with a message
            return False
        found = self._own()
        for job in found.of(FAILED):
            lines = "\n".join(f"    {line}" for line in job.error.splitlines())
            told = f"\nfailed: {job.name}\n{lines}\n  again: {job.command}"
            print(without_controls_in_lines(told), file=sys.stderr)
        print(f"\n{self._line(found, over=True)}", file=sys.stderr)
        if found.of(PLANNED):
            print("the same command runs the remaining jobs", file=sys.stderr)
        if found.of(DONE):
            print(f"  fer-report {shlex.quote(_make_relative(self.sweep_dir))}", file=sys.stderr)
        # a search may draw a trial twice: there are fewer jobs than `total`
        return len(found.of(DONE)) == len(found.jobs if self.own is None else self.own)

    def _own(self) -> SweepState:
        """Returns the jobs of this launch: other launches may use the same folder."""
        found = state.read(self.sweep_dir)
        if self.own is None:
            return found
        return replace(found, jobs=[job for job in found.jobs if job.name in self.own], total=len(self.own))

    def _stop(self) -> None:
        self._over.set()
        if self._watch.is_alive():
            self._watch.join()

    def _keep_showing(self) -> None:
        if not (sys.stderr.isatty() and takes_unicode(sys.stderr)):
            self._tell_in_lines()
            return
        console = Console(stderr=True)
        with Live(self._table(), console=console, refresh_per_second=2, transient=True) as live:
            while not self._over.wait(INTERVAL):
                live.update(self._table())

    def _tell_in_lines(self) -> None:
        ended: int | None = None
        while not self._over.wait(INTERVAL):
            found = self._own()
            now = len(found.of(DONE)) + len(found.of(FAILED))
            if now != ended and ended is not None:
                print(self._line(found), file=sys.stderr, flush=True)
            ended = now

    def _table(self) -> Group:
        found = self._own()
        table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
        for job in found.of(FAILED)[:SHOWN_JOBS]:
            table.add_row(Text("failed", style="bold red"), rich_text(job.name))
        for job in found.of(RUNNING)[:SHOWN_JOBS]:
            table.add_row(Text("running", style="bold"), rich_text(job.name))
        return Group(table, Text(self._line(found)))

    def _line(self, found: SweepState, over: bool = False) -> str:
        done, running, failed = (len(found.of(kind)) for kind in (DONE, RUNNING, FAILED))
        total = max(found.total or 0, len(found.jobs))
        parts = [f"{done} of {_format_count(total)} done", f"{running} running", f"{failed} failed"]
        leading = state.find_best(found.jobs, self.mode)
        if leading is not None:
            parts.append(f"best {self.monitor} {_format_value(self.monitor, leading)} ({leading.name})")
        left = "" if over else self._left(found, total)
        return without_controls(", ".join([*parts, *([f"about {left} left"] if left else [])]))

    def _left(self, found: SweepState, total: int) -> str:
        """Estimates the remaining time from the average duration of the jobs of this launch."""
        ended = [job for job in (*found.of(DONE), *found.of(FAILED)) if job.name not in self._before]
        to_come = total - len(found.of(DONE)) - len(found.of(FAILED))
        if not ended or not to_come:
            return ""
        return duration((time.monotonic() - self._began) / len(ended) * to_come)


def _format_count(count: int) -> str:
    return "1 job" if count == 1 else f"{count:,} jobs"


def _format_value(monitor: str, job: JobState) -> str:
    assert job.value is not None
    if is_fraction(monitor):
        return percent(job.value)
    return decibels(job.value) if unit(monitor) else f"{job.value:.4f}"


def _make_relative(path: Path) -> str:
    """Returns the path relative to the working folder if it is inside."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
