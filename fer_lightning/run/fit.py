"""Trains, selects the checkpoint by validation only, and tests once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytorch_lightning as pl
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import ModelCheckpoint

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.errors import FerError
from fer_lightning.run.build import Run
from fer_lightning.run.checkpoint.restore import read_checkpoint
from fer_lightning.training.callbacks.epoch_log import EpochLog
from fer_lightning.training.distributed import shutdown
from fer_lightning.training.learner import Learner


@dataclass(frozen=True)
class Outcome:
    """The result of a fit and its test.

    Attributes:
        metrics: `<stage>/<metric>`; train as measured in the chosen epoch, `train/accuracy_last` in the last one, val
            and test of the chosen checkpoint.
        confusion_matrix: (C, C) counts of the test split, rows true; (0, 0) of a net that does not classify.
        timing: seconds and images/s of fit and test.
        best: the chosen checkpoint.
        epoch: the epoch that it is from, counted from 0; None where the checkpoint came from elsewhere.
    """

    metrics: dict[str, float]
    confusion_matrix: npt.NDArray[np.int64]
    timing: dict[str, float | None]
    best: Path
    epoch: int | None = None


def fit(run: Run, resume_from: Path | None = None) -> Outcome | None:
    """Fits, then validates and tests the checkpoint with the best validation metric.

    Several processes may fit; only the first one tests, and the others return None.

    Args:
        run: what `build_run` made.
        resume_from: the checkpoint to resume from.

    Raises:
        Interrupted: a signal arrived; the checkpoint for a resume is written.
        NonFiniteLoss: a loss was nan or infinite.
        FerError: no checkpoint was chosen, or Lightning refuses the settings of the trainer or a callback.
    """
    trainer, module, epoch_log = run.trainer, run.module, run.epoch_log
    with _convert_setting_errors(epoch_log):
        trainer.fit(module, datamodule=run.datamodule, ckpt_path=resume_from, weights_only=True)
    run.interrupt.raise_if_interrupted(trainer)
    if trainer.world_size > 1:
        shutdown()
        if not trainer.is_global_zero:
            return None
    best = _find_best_checkpoint(trainer)
    checkpoint = read_checkpoint(best, key="best checkpoint")
    module.load_state_dict(checkpoint["state_dict"])
    tester = run.tester()
    val = tester.validate(module, datamodule=run.datamodule, verbose=False)[0]
    epoch = int(checkpoint["epoch"])
    train = {name: v for name, v in epoch_log.metrics_of(epoch).items() if name.startswith("train/")}
    for row in epoch_log.epochs[-1:]:
        train |= {f"{name}_last": v for name, v in row.items() if name == "train/accuracy"}
    test, confusion, timing = test_once(module, run.datamodule, tester, epoch_log)
    fit_timing = {
        "fit_seconds": epoch_log.fit_seconds,
        "fit_images_per_second": epoch_log.train_images / epoch_log.train_seconds,
    }
    return Outcome({**train, **val, **test}, confusion, {**fit_timing, **timing}, best, epoch)


@contextmanager
def _convert_setting_errors(epoch_log: EpochLog) -> Iterator[None]:
    """Converts errors before the first training batch, which can only be about settings of the trainer."""
    try:
        yield
    except (MisconfigurationException, TypeError, ValueError) as refusal:
        if epoch_log.began:
            raise
        raise FerError(f"trainer: {' '.join(str(refusal).split())}") from refusal


def test_once(
    module: Learner, datamodule: FaceDataModule, trainer: pl.Trainer, epoch_log: EpochLog
) -> tuple[dict[str, float], npt.NDArray[np.int64], dict[str, float | None]]:
    """Tests once; returns metrics, confusion matrix and timing."""
    metrics = dict(trainer.test(module, datamodule=datamodule, verbose=False)[0])
    confusion = module.stage_metrics("test").confusion.numpy()
    speed = epoch_log.test_images / epoch_log.test_seconds
    return metrics, confusion, {"test_seconds": epoch_log.test_seconds, "test_images_per_second": speed}


def _find_best_checkpoint(trainer: pl.Trainer) -> Path:
    for callback in trainer.callbacks:  # type: ignore[attr-defined]
        if isinstance(callback, ModelCheckpoint) and callback.monitor is not None and callback.best_model_path:
            return Path(callback.best_model_path)
    raise FerError(
        "no checkpoint was chosen: training ended before its first validation (raise trainer.max_steps or "
        "trainer.max_time), or no ModelCheckpoint has a monitor (callbacks=default has one)"
    )
