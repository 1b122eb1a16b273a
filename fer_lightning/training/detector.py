"""Trains a detection net by its own losses, and evaluates it as a classifier."""

from __future__ import annotations

from typing import Any, Protocol, cast

import torch
from torch import Tensor, nn

from fer_lightning.data.inputs import Batch
from fer_lightning.errors import FerError
from fer_lightning.training.classifier import Classifier


class DetectorNet(Protocol):
    """The net of a Detector."""

    def losses(self, x: Tensor, labels: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Scalars to minimise together, and logits (N, C), of normalised images and labels (N,)."""


class Detector(Classifier):
    """A classifier whose net trains by detection losses.

    The loss that is logged is that of the logits in training too, so that training and validation compare. It is
    plain cross entropy, as no other loss would change the training.

    Args:
        net: a DetectorNet; takes normalised images (N, channels, size, size) and gives logits (N, C).
        loss: torch.nn.CrossEntropyLoss, without weights or label smoothing.
        **common: as for Classifier.

    Raises:
        FerError: another loss, or, at the first batch, votes instead of labels.
    """

    soft_targets = False

    def __init__(self, net: nn.Module, loss: nn.Module, *args: Any, **common: Any) -> None:
        plain = isinstance(loss, nn.CrossEntropyLoss) and loss.weight is None and loss.label_smoothing == 0
        if not plain:
            raise FerError(
                f"loss={type(loss).__name__}: faster_rcnn trains by its own classification and box losses; "
                "choose loss=cross_entropy"
            )
        super().__init__(net, loss, *args, **common)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The sum of the net's losses of a training batch, and the penalty."""
        if batch.votes is not None:
            raise FerError(
                "data.label_mode: these data give shares of votes, and a box of faster_rcnn has one class; "
                "choose one that gives labels (majority)"
            )
        batch = self.apply_train_transforms(batch)
        losses, logits = cast(DetectorNet, self.net).losses(batch.image, batch.label)
        self._count("train", logits.float(), batch)
        loss = torch.stack(list(losses.values())).sum()
        return loss if self.penalty is None else loss + self.penalty(self.net)
