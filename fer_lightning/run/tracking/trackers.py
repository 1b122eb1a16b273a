"""Logs a run to W&B and TensorBoard: hyperparameters, results and the end."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import wandb
from pydantic import ValidationError
from pytorch_lightning.loggers import Logger, TensorBoardLogger, WandbLogger
from wandb.sdk import wandb_setup

from fer_lightning.config_keys import HPARAMS
from fer_lightning.errors import FerError
from fer_lightning.results.result import Result
from fer_lightning.results.schema import plain
from fer_lightning.run.config.signature_check import import_target
from fer_lightning.run.job import Job
from fer_lightning.run.tracking import wandb_run
from fer_lightning.run.tracking.wandb_logger import WANDB_ERRORS

log = logging.getLogger(__name__)

NO_SERVER = ("offline", "dryrun", "disabled")
WAYS_OUT = "log in with `wandb login`, set WANDB_MODE=offline to keep the run on disk, or leave out logger=wandb"


def check_account(config_logger: Mapping[str, Any]) -> None:
    """Checks W&B's account and server before data are read, so that no prompt or timeout delays the training.

    Raises:
        FerError: a variable such as WANDB_MODE has a value that W&B does not take; or W&B is wanted online, and there
            is no key, a refused one, or no answer within ten seconds.
    """
    nodes = dict(_wandb_nodes(config_logger))
    if not nodes:
        return
    try:
        mode = wandb_setup.singleton().settings.mode
    except ValidationError as wrong:
        fault = wrong.errors()[0]
        name = f"WANDB_{'_'.join(map(str, fault['loc'])).upper()}"
        raise FerError(f"{name}={fault['input']}: {fault['msg']}; set it so, or unset it") from wrong
    online = [name for name, node in nodes.items() if not node.get("offline")]
    if not online or wandb.run is not None or mode in NO_SERVER:
        return
    try:
        ready = wandb.login(prompt=False, verify=True)
    except wandb.Error as refusal:
        raise FerError(f"logger.{online[0]}: {refusal}; {WAYS_OUT}") from refusal
    if not ready:
        raise FerError(f"logger.{online[0]}: W&B knows no API key here; {WAYS_OUT}")


def continue_wandb_run(config_logger: Mapping[str, Any], run_id: str | None) -> dict[str, Any]:
    """Returns the config of the loggers with the id of the W&B run to resume, unless the user sets one."""
    goes_on = {name: {**node, "id": node.get("id") or run_id} for name, node in _wandb_nodes(config_logger)}
    return {**config_logger, **(goes_on if run_id else {})}


def _wandb_nodes(config_logger: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, node in config_logger.items():
        made = import_target(str(node["_target_"]), f"logger.{name}._target_")
        if inspect.isclass(made) and issubclass(made, WandbLogger):
            yield name, node


def wandb_id(loggers: Sequence[Logger]) -> str | None:
    """Returns the id of the W&B run after its start."""
    return next((str(logger.version) for logger in loggers if isinstance(logger, WandbLogger) and logger.version), None)


def begin(loggers: Sequence[Logger], job: Job, class_names: Sequence[str]) -> None:
    """Logs the job to each tracker; call this on the first process only.

    Raises:
        FerError: a tracker rejects the run.
    """
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            wandb_run.begin(logger, job, class_names)
        elif isinstance(logger, TensorBoardLogger):
            _remove_earlier_events(logger, job)
            logger.log_hyperparams(_collect_hparams(job))


def publish(loggers: Sequence[Logger], job: Job, result: Result, folder: Path) -> None:
    """Logs figures, tables, final metrics and the best checkpoint; failures are logged as warnings.

    Args:
        loggers: those that `begin` has seen.
        job: what was run.
        result: as written in `folder`.
        folder: the run's.
    """
    figures = {_tag(path): folder / path for path in result.files.values() if Path(path).suffix == ".png"}
    best = folder / result.files["best"] if "best" in result.files else None
    for logger in loggers:
        try:
            if isinstance(logger, WandbLogger):
                wandb_run.publish(logger, job, result, figures, best)
            elif isinstance(logger, TensorBoardLogger):
                _publish_to_tensorboard(logger, job, result, figures)
        except WANDB_ERRORS as trouble:
            log.warning("%s: not all of the result is there, but it is in %s (%s)", _name(logger), folder, trouble)


def close(loggers: Sequence[Logger], failed: bool) -> list[str]:
    """Closes the trackers, also after an error; returns for each W&B run its URL or how to upload it."""
    told = []
    for logger in loggers:
        if isinstance(logger, WandbLogger):
            told.append(wandb_run.close(logger, failed))
        elif isinstance(logger, TensorBoardLogger):
            try:
                logger.finalize("failed" if failed else "success")
            except OSError as trouble:
                told.append(f"TensorBoard has not all of this run ({trouble})")
    return [line for line in told if line]


def _tag(path: str) -> str:
    return f"figures/{Path(path).with_suffix('').as_posix().removeprefix('figures/')}"


def _name(logger: Logger) -> str:
    return "W&B" if isinstance(logger, WandbLogger) else "TensorBoard"


def _remove_earlier_events(logger: TensorBoardLogger, job: Job) -> None:
    """Removes events of an earlier run in this folder, which TensorBoard would draw with the new ones."""
    folder = Path(logger.log_dir)
    if not job.resumed and folder.resolve() == job.output_dir.resolve():
        for old in (*folder.glob("events.out.tfevents.*"), folder / logger.NAME_HPARAMS_FILE):
            old.unlink(missing_ok=True)


def _collect_hparams(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = {group: option for group, option in job.choices.items() if option is not None}
    for key in HPARAMS:
        value: Any = job.config
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        found[key] = value
    return found


def _publish_to_tensorboard(logger: TensorBoardLogger, job: Job, result: Result, figures: Mapping[str, Path]) -> None:
    for tag, path in figures.items():
        pixels = cv2.imread(str(path))
        if pixels is None:
            raise OSError(f"{path} is no image")
        logger.experiment.add_image(tag, pixels[..., ::-1], dataformats="HWC")
    # with a prefix, as the curves already have a point of each metric
    best = {f"best/{name}": v for name, v in plain(result.metrics).items() if v is not None and "/recall/" not in name}
    logger.log_hyperparams(_collect_hparams(job), best)
    logger.experiment.flush()
