"""Turns a net's weights to the channels-last memory layout; the feature maps follow."""

from __future__ import annotations

import pytorch_lightning as pl
import torch


class ChannelsLast(pl.Callback):
    """Before each stage; a checkpoint's weights, loaded into the module, keep the layout that they find."""

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Changes strides only, no value."""
        pl_module.to(memory_format=torch.channels_last)
