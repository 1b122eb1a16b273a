"""Collects the predictions for each test image."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytorch_lightning as pl
import torch
from torch import Tensor

from fer_lightning.data.inputs import Batch


class PredictionCollector(pl.Callback):
    """The probabilities of the last test, image by image; none of a net that does not classify."""

    def __init__(self) -> None:
        self._rows: list[Tensor] = []
        self._probabilities: list[Tensor] = []

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """(N,) row of each test image in its FaceSet."""
        return torch.cat(self._rows).cpu().numpy()

    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """(N, C) of those images."""
        return torch.cat(self._probabilities).cpu().numpy()

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Forgets the predictions of an earlier test."""
        self._rows, self._probabilities = [], []

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Tensor | None,  # type: ignore[override]
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keeps a batch where it was computed: fetching each from a GPU would make it wait."""
        if outputs is not None:
            self._rows.append(batch.row)
            self._probabilities.append(outputs)
