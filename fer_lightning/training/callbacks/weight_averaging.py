"""The base class of weight averages, which are used for validation, checkpoints and the test."""

from __future__ import annotations

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch import Tensor


class Averaging(WeightAveraging):
    """An average of weights and buffers, including the statistics of batch normalisation."""

    def __init__(self) -> None:
        super().__init__(use_buffers=True, avg_fn=self._averaged)

    def share(self, updates: Tensor) -> Tensor:
        """The weight of the current weights in the next average, 0..1, after `updates` updates (from 1)."""
        raise NotImplementedError

    def teardown(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Drops the average after training: Lightning would swap it in when the chosen checkpoint is validated."""
        super().teardown(trainer, pl_module, stage)
        if stage == "fit":
            self._average_model = None

    def _averaged(self, average: Tensor, current: Tensor, updates: Tensor | int) -> Tensor:
        if not average.is_floating_point():  # batch normalisation counts its batches
            return current
        share = self.share(torch.as_tensor(updates, device=average.device))
        return torch.lerp(average, current, share.to(average.dtype))
