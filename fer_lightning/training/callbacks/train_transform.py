"""Changes training batches on the device, after normalisation; validation and test images stay as they are."""

from __future__ import annotations

from typing import Any

import pytorch_lightning as pl

from fer_lightning.data.inputs import Batch
from fer_lightning.errors import FerError
from fer_lightning.training.learner import Learner, as_learner


class TrainTransform(pl.Callback):
    """A callback that the module calls with each training batch, and that knows how far training is.

    What a subclass draws at random comes from torch's generator, which every epoch seeds anew and a checkpoint in
    mid-epoch keeps.

    Attributes:
        done: the share of the epochs that lies behind the middle of the current one, 0..1.
    """

    done = 0.0

    def __call__(self, batch: Batch) -> Batch:
        """The changed batch; `image` is normalised, (N, channels, H, W) float32."""
        raise NotImplementedError

    def check(self, module: Learner) -> None:
        """Raises FerError where such a module cannot train on changed batches."""
        raise NotImplementedError

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Enters the module's list."""
        if stage == "fit":
            as_learner(pl_module).train_transforms.append(self)

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Finds where training stands: a resume in mid-epoch begins no epoch."""
        epochs = as_learner(pl_module).length().epochs
        if epochs < 1:
            raise FerError(f"{type(self).__name__} acts for shares of the epochs: set trainer.max_epochs or max_steps")
        self.done = min(1.0, (trainer.current_epoch + 0.5) / epochs)


def require_classifier(module: Learner, option: str) -> None:
    """Raises FerError where the module does not classify images alone; `option` is what asks for it."""
    if not module.predicted_classes:
        raise FerError(f"{option} is for models that classify; {type(module).__name__} does not, leave it out")
    if module.input.hog is not None:
        raise FerError(f"{option} changes images after model.input.hog described them; leave one of the two out")
