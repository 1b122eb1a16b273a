"""The Hydra callback of fer-train's sweeps: plans the jobs, shows their progress and reports the end."""

from __future__ import annotations

import math
import shlex
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from typing import Any

from hydra.core.override_parser.types import Override
from omegaconf import DictConfig

from fer_lightning.errors import FerError
from fer_lightning.results.sweep import JobState, SweepState
from fer_lightning.run.config.compose import TRAIN
from fer_lightning.run.process.distributed_env import count_processes
from fer_lightning.run.sweep import state
from fer_lightning.run.sweep.base_callback import (
    BaseSweepCallback,
    list_overrides,
    list_swept_keys,
    parse_by_key,
    resolve_dir,
)
from fer_lightning.run.sweep.job_arguments import job_arguments
from fer_lightning.run.sweep.names import make_job_name, make_sweep_name
from fer_lightning.run.sweep.progress_table import ProgressTable

BASIC_SWEEPER = "BasicSweeper"  # its jobs follow from the overrides


class SweepCallback(BaseSweepCallback):
    """The callback of fer-train's sweeps; it is not used by single runs."""

    command = TRAIN

    def __init__(self) -> None:
        super().__init__()
        self._board: ProgressTable | None = None

    def __getstate__(self) -> dict[str, Any]:
        # launchers pickle the callbacks for their workers; the table stays in this process
        return {"_board": None}

    def begin(self, config: DictConfig) -> None:
        """Writes sweep.json and starts the progress table."""
        sweep_dir, planned, own = self._plan(config)
        self._board = ProgressTable(sweep_dir, str(config.get("monitor")), str(config.get("mode")), planned, own)
        self._board.begin()

    def on_multirun_end(self, config: DictConfig, **kwargs: Any) -> None:
        """Prints the summary; exits with code 1 if a job failed."""
        assert self._board is not None
        if not self._board.end():
            sys.exit(1)

    def _plan(self, config: DictConfig) -> tuple[Path, str, list[str] | None]:
        """Returns the folder, the time of the plan, and the names of the jobs if they are known."""
        if count_processes() > 1:
            raise FerError("a sweep starts its own processes: leave out torchrun or srun, or run one job of it")
        typed = list(config.hydra.overrides.task)
        sweep_dir = resolve_dir(config, str(config.get("sweep_name") or make_sweep_name(list_overrides(config))))
        words = parse_by_key(list_overrides(config))
        keys = list_swept_keys(words)
        adaptive = not str(config.hydra.sweeper._target_).endswith(BASIC_SWEEPER)
        combined = [] if adaptive else _expand_jobs(list(words.values()))
        jobs = [_make_job_state(one, keys, config.hydra, sweep_dir) for one in combined]
        total = config.hydra.sweeper.get("n_trials") if adaptive else len(jobs)
        command = f"fer-train {shlex.join(sys.argv[1:])}"
        when = state.now()
        state.write_plan(
            sweep_dir, SweepState(sweep_dir.name, command, typed, keys, total, when, when, jobs, str(sweep_dir))
        )
        return sweep_dir, when, None if adaptive else [job.name for job in jobs]


def _expand_jobs(words: Sequence[Override]) -> list[list[str]]:
    """Expands the overrides of each job, as Hydra's basic sweeper does."""
    values = []
    for word in words:
        key = word.get_key_element()
        if word.is_sweep_override():
            if not word.is_discrete_sweep():
                raise FerError(f"{word.input_line}: only an optimiser draws from an interval; add sweep=optuna")
            values.append([f"{key}={value}" for value in word.sweep_string_iterator()])
        else:
            values.append([f"{key}={word.get_value_element_as_str()}"])
    if math.prod(map(len, values)) == 0:
        raise FerError("the sweep has no job: one of its ranges is empty")
    return [list(one) for one in product(*values)]


def _make_job_state(overrides: list[str], keys: Sequence[str], hydra: DictConfig, sweep_dir: Path) -> JobState:
    name = make_job_name(overrides, keys)
    arguments = job_arguments(overrides, hydra, sweep_dir.name, sweep_dir / name, resume=False)
    return JobState(name, name, overrides, command=f"fer-train {shlex.join(arguments)}")
