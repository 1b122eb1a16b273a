"""Warns when a classifier predicts one class for every validation image."""

from __future__ import annotations

import logging
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning.trainer.states import TrainerFn

from fer_lightning.results.confusion_scores import only_answer
from fer_lightning.training.learner import as_learner

EPOCHS = 2  # a net that learns slowly may still predict one class after a single epoch

log = logging.getLogger(__name__)


class ConstantPredictionWarning(pl.Callback):
    """Warns once when both of the first two epochs predict a single class: such a net rarely recovers."""

    def __init__(self) -> None:
        self._epochs = 0
        self._over = False

    @property
    def state_key(self) -> str:
        """The key of the state in checkpoints, which is older than the name of this class."""
        return "WarnOneClass"

    def state_dict(self) -> dict[str, Any]:
        """The number of epochs seen, and whether the check is over."""
        return {"epochs": self._epochs, "over": self._over}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restores the state of a checkpoint."""
        self._epochs, self._over = state_dict["epochs"], state_dict["over"]

    def on_validation_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Checks the predictions of the epoch."""
        module = as_learner(pl_module)
        # neither validating the chosen checkpoint nor Lightning's sanity check is an epoch
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
