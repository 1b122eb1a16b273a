"""Reseeds every random generator at each epoch, so that an epoch does not depend on what ran before."""

from __future__ import annotations

import pytorch_lightning as pl

from fer_lightning.training.random_state import seed_all


class Reseed(pl.Callback):
    """The seeds follow from (seed, epoch, rank): a resumed run draws the same numbers as an uninterrupted one."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Seeds Python, NumPy and torch on every device."""
        seed_all(self.seed, trainer.current_epoch, trainer.global_rank)
