"""Logs the metrics of a stage, before the callbacks that read them."""

from __future__ import annotations

import pytorch_lightning as pl

from fer_lightning.training.learner import as_learner


class LogMetrics(pl.Callback):
    """Resets the metrics at the start of a stage, and logs `<stage>/<metric>` at its end.

    A module's own hooks run after those of the callbacks, so that a log or a progress line would see the metrics
    of the epoch before. This callback stands first in the trainer's list.
    """

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Resets the metrics of training."""
        as_learner(pl_module).stage_metrics("train").reset()

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Resets the metrics of validation."""
        as_learner(pl_module).stage_metrics("val").reset()

    def on_test_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Resets the metrics of the test."""
        as_learner(pl_module).stage_metrics("test").reset()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """`train/*` as measured while the epoch trained, with augmentation and dropout; and `lr` at the epoch's end."""
        _log(pl_module, "train")
        pl_module.log("lr", trainer.optimizers[0].param_groups[0]["lr"])

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """`val/*`."""
        _log(pl_module, "val")

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """`test/*`; the metrics stay readable until the next test."""
        _log(pl_module, "test")


def _log(module: pl.LightningModule, stage: str) -> None:
    # every rank logs the same metrics, for torchmetrics has summed the counts of all
    module.log_dict(as_learner(module).compute_metrics(stage))
