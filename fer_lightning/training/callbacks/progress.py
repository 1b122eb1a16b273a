"""One line per epoch on stderr: a progress bar with images/s in a terminal, only the finished line elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.callbacks import ProgressBar
from tqdm import tqdm

from fer_lightning.data.inputs import Batch

SHOWN = ("loss", "accuracy", "psnr")  # of each stage, where it is logged


class Progress(ProgressBar):
    """Shows the progress of an epoch, and then its metrics."""

    def __init__(self) -> None:
        super().__init__()
        self._enabled = True
        self._bar: Any = None
        self._title = ""
        self._started = 0.0
        self._seconds = 0.0
        self._images = 0
        self._validated = False

    def disable(self) -> None:
        """Called by Lightning on all ranks but the first."""
        self._enabled = False

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Opens the bar with the first batch of an epoch, or the first one after a resume."""
        if not self._title:
            # without a number of epochs Lightning counts to -1
            end = f"/{trainer.max_epochs}" if trainer.max_epochs and trainer.max_epochs > 0 else ""
            self._open(f"epoch {trainer.current_epoch + 1}{end}", done=batch_idx)

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Moves it."""
        self._move(trainer, batch, self.total_train_batches)

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Notes that the epoch has validation metrics of its own."""
        self._validated = True

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Closes the bar with the metrics of the epoch."""
        shown = [f"{stage}/{name}" for stage in ("train", "val") for name in SHOWN]
        metrics = trainer.callback_metrics
        # without a validation in this epoch, the metrics of an earlier one are still there
        fresh = [name for name in shown if self._validated or not name.startswith("val/")]
        figures = [f"{name} {float(metrics[name]):.4f}" for name in fresh if name in metrics]
        self._validated = False
        self._close("  ".join(figures))

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Opens the bar of the test."""
        self._open("test")

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Moves it."""
        self._move(trainer, batch, sum(trainer.num_test_batches))

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Closes it."""
        self._close("")

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Closes the bar of an interrupted epoch, so that the message starts on a new line."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _open(self, title: str, done: int = 0) -> None:
        self._title = title
        self._started = time.perf_counter()
        self._images = 0
        if self._enabled and sys.stderr.isatty():
            # the speed is in images, while tqdm counts batches
            layout = "{desc}  {percentage:3.0f}%|{bar:30}| {n}/{total} batches{postfix}"
            self._bar = tqdm(
                desc=title, initial=done, file=sys.stderr, leave=False, bar_format=layout, dynamic_ncols=True
            )

    def _move(self, trainer: pl.Trainer, batch: Batch, total: int | float) -> None:
        self._images += len(batch.label) * trainer.world_size
        self._seconds = time.perf_counter() - self._started  # so that validation does not count as training
        if self._bar is not None:
            self._bar.total = total
            self._bar.set_postfix_str(self._speed(), refresh=False)
            self._bar.update()

    def _close(self, figures: str) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        if self._enabled:
            print(
                "  ".join(part for part in (self._title, self._speed(), figures) if part), file=sys.stderr, flush=True
            )
        self._title = ""

    def _speed(self) -> str:
        return f"{self._images / max(self._seconds, 1e-9):,.0f} images/s"
