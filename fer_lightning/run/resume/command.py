"""`fer-train resume=DIR`: resumes a run in its own folder with its original config."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fer_lightning.config_keys import row_of
from fer_lightning.errors import FerError
from fer_lightning.results.result import FILE_NAME, read
from fer_lightning.run.config.override_grammar import parse_path, quote
from fer_lightning.run.job import Job
from fer_lightning.run.resume import saved_job
from fer_lightning.run.resume.data_paths import is_data_path, update_data_paths

log = logging.getLogger(__name__)

KEY = "resume="
MAX_EPOCHS = "trainer.max_epochs"
ONE_CYCLE = "fer_lightning.training.schedules.one_cycle"


def use_run_folder(arguments: Sequence[str]) -> list[str]:
    """Adds `hydra.run.dir` to the arguments of a resume, so that it writes into the folder of the run.

    Args:
        arguments: flags as `command_flags.move_flags_first` writes them.

    Raises:
        FerError: the folder has no run, or an argument changes what a resume cannot change.
    """
    named = [argument for argument in arguments if argument.startswith(KEY)]
    folder = parse_path(named[-1]) if named else None
    if folder is None:
        return list(arguments)
    saved_job.load(Path(folder))
    for argument in arguments:
        if argument == "--multirun":
            raise FerError(f"{KEY}{folder} resumes one run: leave out -m")
        if not _may_change(argument):
            raise FerError(
                f"{argument}: {KEY}{folder} resumes the run with its original config; "
                f"only {MAX_EPOCHS}, logger and the places of its data, such as data.faces.dir, may change. For "
                f"another config start a new run, from these weights with init_from={folder}/checkpoints/last.ckpt"
            )
    place = quote(folder)
    # the default config, which is composed first, may lack the key
    rest = [word for word in arguments if not word.startswith(KEY)]
    rest = [f"++{word.lstrip('+')}" if is_data_path(_get_key(word)) else word for word in rest]
    return [*rest, f"{KEY}{place}", f"hydra.run.dir={place}"]


def _may_change(argument: str) -> bool:
    """Whether a resume accepts the argument; hydra.* and flags do not affect the result."""
    return argument.startswith(("hydra.", "--", KEY)) or row_of(_get_key(argument)).on_resume


def _get_key(argument: str) -> str:
    return argument.lstrip("+~").partition("=")[0]


def _is_complete(folder: Path) -> bool:
    """Whether the folder has a valid result; a damaged one is written again."""
    try:
        read(folder)
    except FerError as lacking:
        if (folder / FILE_NAME).is_file():
            log.warning("%s", lacking)
        return False
    return True


def resume_job(typed: Job) -> Job:
    """Returns the job to resume.

    Args:
        typed: the composed command line: the default config with the changes that a resume accepts.

    Raises:
        FerError: the run is complete, its schedule has a fixed length, or `resume` is set in a YAML file.
    """
    job = saved_job.load(Path(typed.config["resume"]))
    if typed.output_dir.resolve() != job.output_dir:
        raise FerError(f"{KEY}{job.output_dir}: type it on the command line, as it stands here")
    before, after = job.config["trainer"]["max_epochs"], job.config["trainer"]["max_epochs"]
    said = [word for word in typed.overrides if not word.startswith(KEY)]
    if any(word.startswith(MAX_EPOCHS) for word in said):
        after = typed.config["trainer"]["max_epochs"]
    if before == after and _is_complete(job.output_dir):
        raise FerError(
            f"{KEY}{job.output_dir}: this run is complete, see its {FILE_NAME}; to train longer, raise "
            f"{MAX_EPOCHS}={before}"
        )
    if before != after and job.config["scheduler"]["_target_"] == ONE_CYCLE:
        raise FerError(
            f"{MAX_EPOCHS}={after}: scheduler=one_cycle was shaped for {before} epochs; leave them as they are"
        )
    config = {**update_data_paths(job.config, typed), "trainer": {**job.config["trainer"], "max_epochs": after}}
    choices = dict(job.choices)
    if any(word.lstrip("+~").startswith("logger") for word in said):
        config["logger"], choices["logger"] = typed.config["logger"], typed.choices["logger"]
    if any(word.lstrip("+~").startswith("trust") for word in said):
        config["trust"] = typed.config["trust"]
    if job.resume_from is None:
        log.warning("%s holds no last.ckpt, for its first epoch did not end: training begins anew", job.output_dir)
    # a new data path replaces the previous override
    said = [word.removeprefix("++") if is_data_path(_get_key(word)) else word for word in said]
    keys = {_get_key(word) for word in said if is_data_path(_get_key(word))}
    overrides = [word for word in job.overrides if _get_key(word) not in keys]
    return replace(job, config=config, choices=choices, overrides=[*overrides, *said])
