"""Seeds every generator anew at each epoch, so that an epoch depends on its number and not on what ran before."""

from __future__ import annotations

import random

import numpy as np
import pytorch_lightning as pl
import torch


class Reseed(pl.Callback):
    """The seeds come from (seed, epoch, rank): a resumed run draws what an uninterrupted one would."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Seeds Python, NumPy and torch on every device."""
        entropy = [self.seed, trainer.current_epoch, trainer.global_rank]
        words = np.random.SeedSequence(entropy).generate_state(3)
        random.seed(int(words[0]))
        np.random.seed(int(words[1]))
        torch.manual_seed(int(words[2]))
