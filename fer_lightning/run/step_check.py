"""Tries a training and a test step on batches of the run's size, without side effects."""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytorch_lightning as pl
import torch
from torch import Tensor

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.inputs import Batch
from fer_lightning.data.loading import EpochLoader
from fer_lightning.data.sampling import Draw
from fer_lightning.errors import FerError
from fer_lightning.training.callbacks.channels_last import ChannelsLast
from fer_lightning.training.learner import Learner
from fer_lightning.training.random_state import get_random_state, set_random_state

# errors of nets and losses for unsuitable batches
STEP_ERRORS = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)

log = logging.getLogger(__name__)


def check_steps(module: Learner, datamodule: FaceDataModule, trainer: pl.Trainer, shared_norm: bool, name: str) -> None:
    """Runs one training step, backwards too, on the first batch, and one validation and test step on the smallest.

    Everything happens to a copy of the module, and the random generators come back, so that the training that follows
    is digit for digit the same. It takes as long as one training step.

    Args:
        module: as it will train.
        datamodule: with its data read.
        trainer: whose precision and number of devices count.
        shared_norm: whether batch normalisation spans the devices (`trainer.sync_batchnorm`).
        name: what model and loss are called in messages.

    Raises:
        FerError: a step fails.
    """
    devices = 1 if shared_norm else trainer.world_size
    with _preserve_random_state():
        tried = _copy_module(module, trainer)
        if tried is None:
            return
        if tried.automatic_optimization:
            _try_training(tried, _get_first_draw(datamodule.train_dataloader(), devices), trainer, name)
        _try_evaluation(tried, _get_smallest_draw(datamodule, trainer.world_size), trainer, name)


def _try_training(module: Learner, draw: tuple[EpochLoader, Draw], trainer: pl.Trainer, name: str) -> None:
    module.train()
    with _report_failure(f"{name}: a training step", len(draw[1].rows)), trainer.precision_plugin.forward_context():
        outcome = module.training_step(_load_batch(draw, module), 0)
        loss = outcome["loss"] if isinstance(outcome, Mapping) else outcome
        if isinstance(loss, Tensor):
            loss.backward()  # type: ignore[no-untyped-call]


def _try_evaluation(module: Learner, draw: tuple[EpochLoader, Draw], trainer: pl.Trainer, name: str) -> None:
    module.eval()
    with (
        _report_failure(f"{name}: a validation or test step", len(draw[1].rows)),
        torch.no_grad(),
        trainer.precision_plugin.forward_context(),
    ):
        module.validation_step(_load_batch(draw, module), 0)
        module.test_step(_load_batch(draw, module), 0)


def _copy_module(module: Learner, trainer: pl.Trainer) -> Learner | None:
    """Copies the module for a step, on the device of the training unless there are several processes."""
    try:
        copied = copy.deepcopy(module)
    except (RuntimeError, TypeError, AttributeError) as refusal:  # some nets cannot be copied
        log.info("no step is checked before training, as the net cannot be copied (%s)", refusal)
        return None
    copied.trainer = trainer
    copied.log = lambda *_, **__: None  # type: ignore[method-assign]  # outside a loop Lightning refuses to log
    trainer.precision_plugin.convert_module(copied)  # in place
    if trainer.world_size == 1:
        copied.to(trainer.strategy.root_device)
    if _is_channels_last(trainer):
        copied.to(memory_format=torch.channels_last)
    return copied


def _is_channels_last(trainer: pl.Trainer) -> bool:
    return any(isinstance(callback, ChannelsLast) for callback in trainer.callbacks)  # type: ignore[attr-defined]


def _get_first_draw(loader: EpochLoader, devices: int) -> tuple[EpochLoader, Draw]:
    """Returns the first batch of an epoch, or one device's share of it."""
    draw: Draw = next(iter(loader.sampler))
    views = None if draw.views is None else draw.views[::devices]
    return loader, Draw(draw.rows[::devices], draw.seed, views)


def _get_smallest_draw(datamodule: FaceDataModule, devices: int) -> tuple[EpochLoader, Draw]:
    """Returns validation images, as many as in the smallest validation or test batch of one device."""
    val, test = datamodule.val_dataloader(), datamodule.test_dataloader()
    sizes = [*(len(draw.rows) // devices for draw in val.sampler), *(len(draw.rows) for draw in test.sampler)]
    return val, Draw(next(iter(val.sampler)).rows[: max(1, min(sizes))], seed=0)


def _load_batch(draw: tuple[EpochLoader, Draw], module: Learner) -> Batch:
    loader, wanted = draw
    batch: Batch = loader.dataset[wanted]
    parts = batch._asdict().items()
    return batch._replace(**{name: part.to(module.device) for name, part in parts if part is not None})


@contextmanager
def _preserve_random_state() -> Iterator[None]:
    before = get_random_state()
    try:
        yield
    finally:
        set_random_state(before)


@contextmanager
def _report_failure(what: str, images: int) -> Iterator[None]:
    try:
        yield
    except STEP_ERRORS as failure:
        reason = (str(failure).strip() or type(failure).__name__).splitlines()[0]
        way_out = "; choose data.batch_size=2 or more" if images == 1 and "training" in what else ""
        if isinstance(failure, torch.OutOfMemoryError):
            way_out = "; choose a smaller data.batch_size"
        size = f"{images} image{'s' * (images != 1)}"
        raise FerError(f"{what} on a batch of {size} fails ({type(failure).__name__}: {reason}){way_out}") from failure
