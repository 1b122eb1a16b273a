"""The base class of transforms of training batches, on the device and after normalisation."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl

from fer_lightning.data.inputs import Batch
from fer_lightning.errors import FerError
from fer_lightning.training.learner import Learner, as_learner


class TrainTransform(pl.Callback):
    """A callback that the module calls with each training batch, and that knows the progress of training.

    Subclasses draw from torch's generator, which is reseeded at every epoch and which a checkpoint in
    mid-epoch saves.

    Attributes:
        done: fraction of the training at the middle of the current epoch, 0..1.
    """

    done = 0.0

    def __call__(self, batch: Batch) -> Batch:
        """The changed batch; `image` is normalised, (N, channels, H, W) float32."""
        raise NotImplementedError

    def check(self, module: Learner) -> None:
        """Raises FerError where such a module cannot train on changed batches."""
        raise NotImplementedError

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Adds itself to the module's transforms."""
        if stage == "fit":
            as_learner(pl_module).train_transforms.append(self)

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Updates `done`, per batch, as a resume in mid-epoch starts no epoch."""
        epochs = as_learner(pl_module).length().epochs
        if epochs < 1:
            name = type(self).__name__
            raise FerError(f"{name} depends on the fraction of finished epochs: set trainer.max_epochs or max_steps")
        self.done = min(1.0, (trainer.current_epoch + 0.5) / epochs)


def require_classifier(module: Learner, option: str) -> None:
    """Raises FerError where the module does not classify images alone; `option` is the setting that needs it."""
    if not module.predicted_classes:
        raise FerError(f"{option} is for models that classify; {type(module).__name__} does not, leave it out")
    if module.input.hog is not None:
        raise FerError(f"{option} changes images after model.input.hog described them; leave one of the two out")
