"""Seeds every generator anew at each epoch, so that an epoch depends on its number and not on what ran before."""

from __future__ import annotations

import pytorch_lightning as pl

from fer_lightning.training.random_state import seed_all


class Reseed(pl.Callback):
    """The seeds come from (seed, epoch, rank): a resumed run draws what an uninterrupted one would."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Seeds Python, NumPy and torch on every device."""
        seed_all(self.seed, trainer.current_epoch, trainer.global_rank)
