"""Stochastic weight averaging over the ends of the last epochs."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from fer_lightning.errors import FerError
from fer_lightning.training.callbacks.weight_averaging import Averaging
from fer_lightning.training.learner import as_learner


class Swa(Averaging):
    """Stochastic weight averaging (Izmailov et al. 2018): the mean over the ends of the last epochs.

    Before them, the weights are not averaged. The learning rate is that of the schedule: choose one that does not fall
    to 0, such as `cosine_restarts`, or `cosine` with `scheduler.min_factor=0.1`. Batch normalisation
    uses the average of its statistics.

    Args:
        start: fraction of the epochs after which averaging begins, 0 or more and below 1.

    Raises:
        FerError: start is out of range, or nothing says how many epochs there are.
    """

    def __init__(self, start: float = 0.75) -> None:
        if not 0 <= start < 1:
            raise FerError(f"callbacks.swa.start={start}: choose a share of the epochs, 0 or more and below 1")
        self.start = start
        self._ends = 0  # epochs in the average
        self._due = False
        super().__init__()

    def should_update(self, step_idx: int | None = None, epoch_idx: int | None = None) -> bool:
        """After each step before averaging begins; then after the last step of each epoch."""
        return step_idx is not None and self._due

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Determines whether the average is updated after this batch."""
        epochs = as_learner(pl_module).length().epochs
        if epochs < 1:
            raise FerError("callbacks=swa averages the last share of the epochs: set trainer.max_epochs or max_steps")
        averages = (trainer.current_epoch + 0.5) / epochs > self.start
        self._due = trainer.is_last_batch or not averages
        self._ends += averages and trainer.is_last_batch
        super().on_train_batch_end(trainer, pl_module, outputs, batch, batch_idx)

    def share(self, updates: Tensor) -> Tensor:
        """1 / number of averaged epochs; 1 before averaging begins."""
        return torch.tensor(1 / max(1, self._ends))

    def state_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {**super().state_dict(), "ends": self._ends}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restores the state of a checkpoint."""
        super().load_state_dict(state_dict)
        self._ends = state_dict["ends"]
