"""Updates sweep.json, which all processes of a sweep share, under a lock."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock

from fer_lightning.errors import FerError
from fer_lightning.results.result import FILE_NAME as RESULT
from fer_lightning.results.schema import write_json
from fer_lightning.results.sweep import DONE, FILE_NAME, PLANNED, RUNNING, JobState, SweepState
from fer_lightning.results.sweep import read as read_file

LOCKS = ".locks"  # folder beside the jobs


def read(sweep_dir: Path) -> SweepState:
    """Reads the sweep in this folder.

    Raises:
        FerError: there is none, or its file is damaged.
    """
    path = sweep_dir / FILE_NAME
    try:
        return read_file(path)
    except FerError as broken:
        raise FerError(
            f"{path} is not as fer-train writes it ({broken}): remove it, the jobs' folders stay"
        ) from broken


def update(sweep_dir: Path, how: Callable[[SweepState], SweepState]) -> SweepState:
    """Reads, changes and writes sweep.json under a lock."""
    with _lock(sweep_dir):
        return _write(how(read(sweep_dir)), sweep_dir)


def write_plan(sweep_dir: Path, planned: SweepState) -> SweepState:
    """Adds the jobs of a launch to sweep.json and returns the new content.

    Jobs of other launches are kept if they are finished, running, or also part of this launch.
    """
    with _lock(sweep_dir):
        before = read(sweep_dir) if (sweep_dir / FILE_NAME).exists() else replace(planned, jobs=[])
        known = {job.name: job for job in before.jobs}
        wanted = {job.name for job in planned.jobs}
        others = (job for job in before.jobs if job.name not in wanted)
        kept = [job for job in others if _has_result(job, sweep_dir) or _is_running(job, sweep_dir)]
        jobs = [*kept, *_update_job_states(planned.jobs, known, sweep_dir)]
        total = None if planned.total is None else max(planned.total, len(jobs))
        return _write(replace(planned, created=before.created, jobs=jobs, total=total), sweep_dir)


def remove_unstarted(sweep_dir: Path, planned: str) -> bool:
    """Removes the files that `write_plan` left at the time `planned` if no job has started; returns whether it did."""
    found = read(sweep_dir)
    if found.created != planned:  # another launch has its plan there
        return False
    if any(job.state != PLANNED or (sweep_dir / job.folder).exists() for job in found.jobs):
        return False
    for name in (FILE_NAME, "multirun.yaml"):
        (sweep_dir / name).unlink(missing_ok=True)
    for left in (LOCKS, ".launcher", ".submitit"):
        shutil.rmtree(sweep_dir / left, ignore_errors=True)
    with contextlib.suppress(OSError):  # something else lies there
        sweep_dir.rmdir()
    return True


def now() -> str:
    """ISO 8601, UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _update_job_states(jobs: Iterable[JobState], known: Mapping[str, JobState], sweep_dir: Path) -> Iterable[JobState]:
    """Yields the jobs with the state of their folders; a result counts as finished until its config is checked."""
    for job in jobs:
        if _has_result(job, sweep_dir):
            yield replace(known.get(job.name, job), state=DONE, error="", overrides=job.overrides)
        else:
            running = job.name in known and _is_running(known[job.name], sweep_dir)
            yield replace(job, state=RUNNING if running else PLANNED)


def _has_result(job: JobState, sweep_dir: Path) -> bool:
    return (sweep_dir / job.folder / RESULT).is_file()


def _is_running(job: JobState, sweep_dir: Path) -> bool:
    return job.state == RUNNING and is_running(sweep_dir, job.name)


def get_job_lock(sweep_dir: Path, name: str) -> FileLock:
    """Returns the lock that the launcher of a job holds; it is released when that process dies."""
    (sweep_dir / LOCKS).mkdir(parents=True, exist_ok=True)
    return FileLock(sweep_dir / LOCKS / f"{name}.lock", thread_local=False)


def is_running(sweep_dir: Path, name: str) -> bool:
    """Whether a launcher is running the job."""
    lock = get_job_lock(sweep_dir, name)
    try:
        lock.acquire(timeout=0)
    except TimeoutError:
        return True
    lock.release()
    return False


def _lock(sweep_dir: Path) -> FileLock:
    (sweep_dir / LOCKS).mkdir(parents=True, exist_ok=True)
    return FileLock(sweep_dir / LOCKS / f"{FILE_NAME}.lock")


def _write(state: SweepState, sweep_dir: Path) -> SweepState:
    state = replace(state, updated=now())
    write_json(asdict(state), sweep_dir / FILE_NAME)
    return state


def find_best(jobs: Sequence[JobState], mode: str) -> JobState | None:
    """Returns the finished job with the highest value, or with the lowest if `mode` is `min`."""
    valued = [job for job in jobs if job.state == DONE and job.value is not None]
    sign = -1 if mode == "min" else 1
    return max(valued, key=lambda job: sign * (job.value or 0.0), default=None)
