"""Warns when a classifier gives every validation image the same answer, epoch after epoch."""

from __future__ import annotations

import logging
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.trainer.states import TrainerFn

from fer_lightning.results.confusion_scores import only_answer
from fer_lightning.training.learner import as_learner

EPOCHS = 2  # after one epoch a slow net may still answer one class, and learn

log = logging.getLogger(__name__)


class WarnOneClass(pl.Callback):
    """Says once that the validation answers of the first two epochs are one class: such a net rarely recovers."""

    def __init__(self) -> None:
        self._epochs = 0
        self._over = False

    def state_dict(self) -> dict[str, Any]:
        """How many epochs it has seen, and whether it still looks."""
        return {"epochs": self._epochs, "over": self._over}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on where the checkpoint was written."""
        self._epochs, self._over = state_dict["epochs"], state_dict["over"]

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Looks at the answers of the epoch."""
        module = as_learner(pl_module)
        # validating the chosen checkpoint is no epoch, nor is Lightning's sanity check
        fits = trainer.state.fn is TrainerFn.FITTING and not trainer.sanity_checking
        if self._over or not fits or not module.predicted_classes:
            return
        answer = only_answer(module.stage_metrics("val").confusion)
        self._epochs += 1
        self._over = answer is None or self._epochs == EPOCHS
        if answer is not None and self._over and trainer.is_global_zero:
            log.warning(
                "answers one class: '%s' for every validation image of the first %d epochs; what keeps a net from "
                "learning is usually the rate (optimizer.lr), the initial weights or a loss without warm-up (l1_plain)",
                module.class_names[answer],
                EPOCHS,
            )
