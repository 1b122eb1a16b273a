"""Builds data module, module and trainer from a config; the only place that calls instantiate."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytorch_lightning as pl
import torch
from hydra.errors import InstantiationException
from hydra.utils import instantiate
from lightning_fabric.utilities.exceptions import MisconfigurationException
from torch import nn

from fer_lightning.config_keys import IN_CHECKPOINT, SPLIT_KEYS
from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.loading import check_devices
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError, choices
from fer_lightning.run.artifacts.data_digest_cache import compute_data_key, store_data_digest
from fer_lightning.run.checkpoint.fit_normalization import fit_to_training_images, use_pretrained_statistics
from fer_lightning.run.config.compose import option_nodes
from fer_lightning.run.job import Job
from fer_lightning.run.process.distributed_env import check_rank
from fer_lightning.run.sanity_check import check_callbacks, check_targets_used, check_trains
from fer_lightning.run.visualizations.page import Page
from fer_lightning.training.callbacks.constant_prediction_warning import ConstantPredictionWarning
from fer_lightning.training.callbacks.epoch_log import EpochLog
from fer_lightning.training.callbacks.interrupt import Interrupt
from fer_lightning.training.callbacks.log_metrics import LogMetrics
from fer_lightning.training.callbacks.prediction_collector import PredictionCollector
from fer_lightning.training.callbacks.progress import Progress
from fer_lightning.training.callbacks.reseed import Reseed
from fer_lightning.training.callbacks.terminate_on_nonfinite import TerminateOnNonFinite
from fer_lightning.training.learner import Learner
from fer_lightning.training.losses import UnsuitableLoss, fit_to_training_set
from fer_lightning.training.schedules import Length
from fer_lightning.training.trainer import Trainer

# what a constructor raises when it gets values that it cannot use
FAULTS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


@dataclass(frozen=True, kw_only=True)
class EvalRun:
    """All that a test needs.

    Attributes:
        module, datamodule, trainer: as Lightning knows them.
        epoch_log: the metrics of each epoch, and the duration of the test.
        predictions: collects the probabilities for each test image.
        pages: the visualizations of the tested net, by name.
    """

    module: Learner
    datamodule: FaceDataModule
    trainer: Trainer
    epoch_log: EpochLog
    predictions: PredictionCollector
    pages: dict[str, Page]


@dataclass(frozen=True, kw_only=True)
class Run(EvalRun):
    """All that a training needs.

    Attributes:
        tester: creates the trainer that validates and tests the chosen checkpoint, on one device.
        interrupt: ends training when a signal arrives.
    """

    tester: Callable[[], Trainer]
    interrupt: Interrupt


def build_run(job: Job) -> Run:
    """Builds the objects of a training; reads the data, as the module needs their statistics."""
    config = job.config
    pl.seed_everything(config["seed"], workers=True, verbose=False)
    names = config["data"]["class_names"]
    module = build_module(config, names)
    module.record = {"choices": job.choices, **{key: config[key] for key in IN_CHECKPOINT}, "class_names": names}
    module.record["trained_on"] = describe_training_data(job)
    epoch_log, predictions, interrupt = EpochLog(), PredictionCollector(), Interrupt(job.last_checkpoint)
    callbacks = [make(f"callbacks.{name}", node) for name, node in config["callbacks"].items()]
    mix = config.get("mix")  # absent in runs of earlier versions
    callbacks += [make("mix", mix, num_classes=len(names))] if mix else []
    check_callbacks(module, callbacks)
    loggers = [make(f"logger.{name}", node) for name, node in config["logger"].items()]
    watching = [TerminateOnNonFinite(), ConstantPredictionWarning(), predictions, interrupt]
    trainer = build_trainer(config, [epoch_log, Reseed(config["seed"]), *callbacks, *watching], loggers, job.output_dir)
    check_rank(trainer.world_size)
    _check_schedule(module, trainer.max_epochs)
    pages = build_pages(config, module)
    if config["monitor"] not in module.metric_names("val"):
        known = choices(module.metric_names("val"), config["monitor"])
        raise FerError(f"monitor={config['monitor']}: choose among {known}")
    _check_monitors(module, dict(zip(config["callbacks"], callbacks, strict=False)))
    key = compute_data_key(config)
    datamodule = build_data(config["data"], config, augment=_make_augment(config), seed=config["seed"])
    check_targets_used(module, datamodule)
    check_trains(datamodule)
    check_devices(trainer.world_size, datamodule.batch_size, datamodule.protocol)
    fit_to_training_images(module, datamodule)
    module.record["data_digest"] = datamodule.data_digest()
    store_data_digest(config, key, module.record["data_digest"])
    module.trained_images = torch.from_numpy(datamodule.image_digests("train"))
    check_loss(module, config, str(job.choices["loss"]), bool(mix) or datamodule.has_votes)

    def tester() -> Trainer:
        if trainer.world_size == 1:
            return trainer
        alone = {**config, "trainer": use_one_device(config["trainer"])}
        return build_trainer(alone, [epoch_log, predictions], loggers, job.output_dir)

    return Run(
        module=module,
        datamodule=datamodule,
        trainer=trainer,
        epoch_log=epoch_log,
        predictions=predictions,
        pages=pages,
        tester=tester,
        interrupt=interrupt,
    )


def describe_training_data(job: Job) -> dict[str, Any]:
    """Returns the entry `trained_on` of a checkpoint: data set, face location and split."""
    said = {key: job.config["data"].get(key) for key in ("locate", "class_names", *SPLIT_KEYS)}
    return {"data": job.choices.get("data"), **said}


def build_data(
    data: Mapping[str, Any], model_config: Mapping[str, Any], prepare: Prepare | None = None, **late: Any
) -> FaceDataModule:
    """Builds the data module of `data`, without reading it, with the preprocessing of `model_config`.

    `prepare` is the preprocessing of a checkpoint; by default it is built from `model_config`.
    """
    if prepare is None:
        prepare = cast(Prepare, make("preprocess", model_config["preprocess"]))
    return cast(FaceDataModule, make("data", data, prepare=prepare, input=make_input_spec(model_config), **late))


def build_module(
    config: Mapping[str, Any], class_names: list[str], build_node: Callable[..., Any] | None = None
) -> Learner:
    """Builds the LightningModule of a run's or checkpoint's config, and checks its output on a blank image.

    `build_node` builds one node; it is `make` by default, and a stricter function for checkpoints.
    """
    build_node = build_node or make
    parts = {
        "loss": build_node("loss", config["loss"]),
        "optimizer": build_node("optimizer", config["optimizer"]),
        "schedule": build_node("scheduler", config["scheduler"]),
        "input": make_input_spec(config),
    }
    module = cast(Learner, build_node("model", config["model"], class_names=class_names, **parts))
    use_pretrained_statistics(module)
    module.check_output()
    return module


def check_loss(module: Learner, config: Mapping[str, Any], name: str, soft_targets: bool = False) -> None:
    """Checks that the module's loss accepts its outputs and targets.

    Args:
        module: the module with its loss.
        config: of the run.
        name: the selected option of the group `loss`.
        soft_targets: whether targets are class probabilities, as for mixed images and votes, beside labels.

    Raises:
        FerError: the loss does not fit the task of the module; the message lists the options that do.
    """
    try:
        module.check_loss(module.loss, soft_targets)
    except UnsuitableLoss as mismatch:
        suitable = choices(_list_suitable_losses(module, config, soft_targets))
        alternative = f", or {mismatch.alternative}" if mismatch.alternative else ""
        raise FerError(f"loss={name}: {mismatch}; choose {suitable}{alternative}") from mismatch


def _list_suitable_losses(module: Learner, config: Mapping[str, Any], soft_targets: bool) -> list[str]:
    """Lists the options of `loss` that fit the module's task; each is built and checked."""
    suitable = []
    for option, node in option_nodes("loss", config).items():
        with suppress(FerError):  # skip options that cannot be built without further settings
            loss = make(f"loss={option}", node)
            fit_to_training_set(loss, torch.ones(len(module.class_names)), images=1)
            module.check_loss(loss, soft_targets)
            suitable.append(option)
    return suitable


def build_pages(config: Mapping[str, Any], module: Learner) -> dict[str, Page]:
    """Builds and checks the pages, by name; none for configs of earlier versions.

    Raises:
        FerError: the net does not classify, or a page does not fit the module.
    """
    pages = {name: make(f"pages.{name}", node) for name, node in (config.get("pages") or {}).items()}
    if not pages:
        return {}
    if not module.predicted_classes:
        raise FerError(f"pages={','.join(pages)} show what a net finds in faces of each class: leave them out here")
    for page in pages.values():
        page.check(module)
    return pages


def build_trainer(
    config: Mapping[str, Any], callbacks: list[pl.Callback], loggers: list[Any], output_dir: Path
) -> Trainer:
    """Builds the trainer, with a progress line unless `trainer.enable_progress_bar` is false."""
    progress = [Progress()] if config["trainer"]["enable_progress_bar"] else []
    late = {"callbacks": [LogMetrics(), *callbacks, *progress], "logger": loggers, "default_root_dir": str(output_dir)}
    return cast(Trainer, make("trainer", config["trainer"], **late))


def use_one_device(trainer: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the config of the trainer for its first device, so that a test counts every image once."""
    devices = trainer["devices"]
    named = devices.split(",") if isinstance(devices, str) and "," in devices else devices  # "2,3" as [2, 3]
    first = [int(named[0])] if isinstance(named, list) else 1
    return {**trainer, "devices": first, "num_nodes": 1, "strategy": "auto", "sync_batchnorm": False}


def _make_augment(config: Mapping[str, Any]) -> Augment:
    made = make("augment", config["augment"])
    if not isinstance(made, Augment):
        target = f"{Augment.__module__}.{Augment.__qualname__}"
        raise FerError(
            f"augment._target_={config['augment']['_target_']}: it is no Augment; name {target}, whose `transforms` "
            "list those of albumentations, as in conf/augment/strong.yaml"
        )
    return made


def make_input_spec(config: Mapping[str, Any]) -> InputSpec:
    """Builds the InputSpec of `model.input`."""
    with _convert_errors("model.input"):
        return InputSpec(**config["model"]["input"])


def make(name: str, node: Mapping[str, Any], **late: Any) -> Any:
    """Instantiates the node called `name`, and converts errors to a FerError.

    Objects in `late` are passed to the constructor unchanged: Hydra would convert dataclasses to configs.
    """
    with _convert_errors(name):
        factory = instantiate({**node, "_partial_": True}, _convert_="all")
        return factory if node.get("_partial_") else factory(**late)


@contextmanager
def _convert_errors(name: str) -> Iterator[None]:
    try:
        yield
    except InstantiationException as failure:
        cause = failure.__cause__ or failure
        inner = re.search(r"full_key: (\S+)", str(failure))
        place = f"{name}.{inner[1]}" if inner else name
        raise cause if isinstance(cause, FerError) else FerError(f"{place}: {_join_lines(cause)}") from failure
    except (*FAULTS, MisconfigurationException) as refusal:
        raise FerError(f"{name}: {_join_lines(refusal)}") from refusal


def _join_lines(refusal: BaseException) -> str:
    return " ".join(str(refusal).split()) or type(refusal).__name__


def _check_schedule(module: Learner, epochs: int | None) -> None:
    """Checks optimizer and schedule on one weight, so that errors appear before the data are read."""
    weight = nn.Parameter(torch.zeros(1))
    with _convert_errors("optimizer"):
        optimizer = module.make_optimizer([weight])
    with _convert_errors("scheduler"):
        monitor = module.make_schedule(optimizer, Length(epochs or 1, steps_per_epoch=100)).monitor
    if monitor is not None and monitor not in module.metric_names("val"):
        raise FerError(f"scheduler.monitor={monitor}: choose among {choices(module.metric_names('val'), monitor)}")


def _check_monitors(module: Learner, callbacks: Mapping[str, pl.Callback]) -> None:
    """Checks the monitors of callbacks, which Lightning would do at the end of the first epoch."""
    known = [*module.metric_names("val"), *module.metric_names("train"), "lr", "epoch", "step"]
    for name, callback in callbacks.items():
        monitor = getattr(callback, "monitor", None)
        if isinstance(monitor, str) and monitor not in known:
            raise FerError(f"callbacks.{name}.monitor={monitor}: choose among {choices(known, monitor)}")
