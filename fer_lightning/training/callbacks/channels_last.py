"""Converts a net to the channels-last memory format."""

from __future__ import annotations

import pytorch_lightning as pl
import torch


class ChannelsLast(pl.Callback):
    """Converts the weights before each stage; feature maps and loaded weights follow."""

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Changes strides, not values."""
        pl_module.to(memory_format=torch.channels_last)
