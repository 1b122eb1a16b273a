"""Tests a checkpoint on any data set; classes are matched by name, in the order of the model."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytorch_lightning as pl

from fer_lightning.config_keys import SPLIT_KEYS
from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.data.selection import format_override
from fer_lightning.errors import FerError, choices
from fer_lightning.results.result import Result
from fer_lightning.run.artifacts.folder_lock import FolderLock, lock_folder
from fer_lightning.run.artifacts.run_folder import check_holds_no_training, prepare_test_folder
from fer_lightning.run.artifacts.write_results import write_results
from fer_lightning.run.build import EvalRun, build_data, build_pages, build_trainer, describe_training_data
from fer_lightning.run.checkpoint.restore import restore
from fer_lightning.run.config.required_keys import check_required_keys
from fer_lightning.run.config.signature_check import check_targets
from fer_lightning.run.config.validate_config import check_named_groups
from fer_lightning.run.fit import Outcome, test_once
from fer_lightning.run.job import Job, Stopped
from fer_lightning.run.process.stop_signals import raise_on_signals
from fer_lightning.run.process.warning_filters import filter_warnings
from fer_lightning.run.process.worker_failures import report_worker_failures
from fer_lightning.training.callbacks.epoch_log import EpochLog
from fer_lightning.training.callbacks.interrupt import Interrupted
from fer_lightning.training.callbacks.prediction_collector import PredictionCollector
from fer_lightning.training.learner import Learner

log = logging.getLogger(__name__)


class Evaluation(NamedTuple):
    """The result of a test, and the value of the model's main metric; None if it is undefined."""

    result: Result
    score: float | None


def evaluate(job: Job) -> Evaluation:
    """Tests `ckpt` on the test split of `data` under its protocol, and writes the run's folder.

    Images are read by the data set's reader and prepared as in the checkpoint. Classes that only the model or only the
    data have are left out and logged.

    Raises:
        FerError: `ckpt` or `data` is not set, or they share fewer than two classes; `paper` is invalid; the folder is
            of a training, or another process uses it.
        Stopped: a signal arrived.
    """
    filter_warnings()
    check_required_keys(job.config)
    check_named_groups(job.config)
    check_targets(job.config)
    with report_worker_failures(job), lock_folder(job.output_dir) as lock, raise_on_signals() as signals:
        check_holds_no_training(job.output_dir)
        try:
            return _evaluate(job, lock)
        except Interrupted as stop:
            signals.ignore_further()
            text = f"{stop}: ended before the result of the test was written; start it again"
            raise Stopped(text, code=128 + stop.signum) from stop


def _evaluate(job: Job, lock: FolderLock) -> Evaluation:
    pl.seed_everything(job.config["seed"], workers=True, verbose=False)
    path = Path(job.config["ckpt"]).expanduser()
    module, recorded, prepare = restore(path, trust=job.config.get("trust") or ())
    job = _use_folder_classes(job, recorded, prepare)
    names = _select_classes(module, job, recorded)
    pages = build_pages(job.config, module)
    datamodule = build_data({**job.config["data"], "class_names": names}, recorded, prepare)
    if datamodule.report_copies and not _has_same_training_split(job, recorded):
        datamodule.report_copies = False
        log.info("accuracies without copies left out: the checkpoint was trained on other images than this split's")
    epoch_log, predictions = EpochLog(), PredictionCollector()
    trainer = build_trainer(job.config, [epoch_log, predictions], [], job.output_dir)
    if trainer.world_size > 1:
        raise FerError("trainer: a test runs on one device, where no image can count twice; choose trainer.devices=1")
    metrics, confusion, timing = test_once(module, datamodule, trainer, epoch_log)
    timing |= {"fit_seconds": None, "fit_images_per_second": None}
    outcome = Outcome(metrics, confusion, timing, best=path)
    # choices of the checkpoint, replaced by those of the user, such as the data set
    job = replace(job, choices={**recorded["choices"], **job.choices})
    prepare_test_folder(job, lock)
    run = EvalRun(
        module=module,
        datamodule=datamodule,
        trainer=trainer,
        epoch_log=epoch_log,
        predictions=predictions,
        pages=pages,
    )
    result = write_results(job, run, outcome)
    return Evaluation(result, result.metrics.get(f"test/{module.main_metric}"))


def _use_folder_classes(job: Job, recorded: dict[str, Any], prepare: Prepare) -> Job:
    """Uses the classes of `data=folder` if the config has others and the model knows all of them.

    The default of `data.class_names` for `data=folder` is the classes of FER2013.
    """
    data = job.config["data"]
    if not job.choices.get("data") == recorded["choices"].get("data") == "folder":
        return job
    found = build_data(data, recorded, prepare).read_faces().class_names
    if set(data["class_names"]) <= set(found) or not set(found) <= set(recorded["class_names"]):
        return job
    names = [name for name in recorded["class_names"] if name in found]
    return replace(job, config={**job.config, "data": {**data, "class_names": names}})


def _select_classes(module: Learner, job: Job, recorded: dict[str, Any]) -> list[str]:
    """Selects the classes that model and data share, or those of the data if the net does not classify."""
    named: list[str] = job.config["data"]["class_names"]
    if not module.predicted_classes:
        module.restrict_to(named)
        return named
    shared = [name for name in _select_comparable(named, job, recorded) if name in module.class_names]
    if len(shared) < 2:
        raise FerError(
            f"data.class_names={choices(named)}: a test needs at least two of the model's classes; all that it knows: "
            f"{format_override(module.class_names)}"
        )
    module.restrict_to(shared)
    _log_dropped("the model", set(module.class_names) - set(named))
    _log_dropped("the data", set(named) - set(module.class_names))
    return list(module.predicted_classes)


def _select_comparable(names: list[str], job: Job, recorded: dict[str, Any]) -> list[str]:
    """Selects classes whose names have the same meaning for model and data, unlike a "3" of another data set."""
    same = job.choices.get("data") == recorded["choices"].get("data")
    if same and (job.choices.get("data") != "folder" or set(names) <= set(recorded["class_names"])):
        return names
    known = [name for name in names if name in EXPRESSIONS]
    if not known:
        raise FerError(
            f"data={job.choices.get('data')}: its classes {choices(names)} are no expressions, so they mean nothing to "
            f"a model of {recorded['choices'].get('data')}; test one that was trained on this data set"
        )
    return known


def _has_same_training_split(job: Job, recorded: dict[str, Any]) -> bool:
    """Whether the checkpoint was trained on the same training split."""
    before, now = recorded.get("trained_on"), describe_training_data(job)
    if before is None:  # checkpoints of earlier versions
        return bool(recorded["choices"].get("data") == now["data"])
    return all(before.get(key) == now[key] for key in ("data", *SPLIT_KEYS))


def _log_dropped(whose: str, names: set[str]) -> None:
    if names:
        log.warning("left out, as only %s has it: %s", whose, choices(sorted(names)))
