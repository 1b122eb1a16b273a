"""Logs the metrics of each epoch and the time that training takes."""

from __future__ import annotations

import time
from typing import Any

import pytorch_lightning as pl

from fer_lightning.data.inputs import Batch


class EpochLog(pl.Callback):
    """The metrics and timing of a run; saved in checkpoints, so that a resumed run keeps its earlier epochs.

    Attributes:
        epochs: one dict per epoch, with `epoch` and every logged metric.
        train_seconds: time spent in training batches, without validation.
        train_images: images seen in them, over all devices.
        test_seconds: time of the last test.
        test_images: images seen in it.
    """

    def __init__(self) -> None:
        self.epochs: list[dict[str, float]] = []
        self.train_seconds = 0.0
        self.train_images = 0
        self.test_seconds = 0.0
        self.test_images = 0
        self._fitted = 0.0
        self._fitting_since: float | None = None
        self._started: float | None = None
        self._validated = False

    @property
    def state_key(self) -> str:
        """The key of the state in checkpoints, which is older than the name of this class."""
        return "Record"

    def state_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "epochs": self.epochs,
            "train_seconds": self.train_seconds,
            "train_images": self.train_images,
            "fit_seconds": self.fit_seconds,
            "validated": self._validated,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restores the state of a checkpoint."""
        self.epochs = state_dict["epochs"]
        self.train_seconds = state_dict["train_seconds"]
        self.train_images = state_dict["train_images"]
        self._fitted = state_dict["fit_seconds"]
        self._validated = state_dict["validated"]

    @property
    def began(self) -> bool:
        """Whether a training batch has started, in this process or before a resume."""
        return self._started is not None or bool(self.epochs)

    @property
    def fit_seconds(self) -> float:
        """Seconds of fitting, validation included, summed over all parts of a resumed run."""
        return self._fitted + (time.perf_counter() - self._fitting_since if self._fitting_since is not None else 0.0)

    def metrics_of(self, epoch: int) -> dict[str, float]:
        """The logged metrics of an epoch; empty for one that was not finished."""
        return next((row for row in self.epochs if row["epoch"] == epoch), {})

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Starts the clock of fitting."""
        if stage == "fit":
            self._fitting_since = time.perf_counter()

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Stops it."""
        if stage == "fit":
            self._fitted, self._fitting_since = self.fit_seconds, None

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Starts the clock at the first batch of an epoch, or after an interruption."""
        if self._started is None:
            self._started = time.perf_counter()

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Adds the batch; the time includes waiting for its images."""
        now = time.perf_counter()
        self.train_seconds += now - (self._started or now)
        self.train_images += len(batch.label) * trainer.world_size
        self._started = now

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Notes that the running epoch has metrics of its own for `val`."""
        self._validated = True

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Logs the metrics of the epoch, without the `val/` metrics of an earlier one that Lightning still holds."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        fresh = {name: value for name, value in metrics.items() if self._validated or not name.startswith("val/")}
        self.epochs.append({"epoch": trainer.current_epoch, **fresh})
        self._started, self._validated = None, False

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Starts the clock."""
        self._started, self.test_images = time.perf_counter(), 0

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Counts its images."""
        self.test_images += len(batch.label)

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stops it."""
        now = time.perf_counter()
        self.test_seconds = now - (self._started or now)
