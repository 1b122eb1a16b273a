"""Lightning's Trainer with what this project's config adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl

from fer_lightning.training.callbacks.channels_last import ChannelsLast


class Trainer(pl.Trainer):
    """Takes every argument of `pytorch_lightning.Trainer`, and one more.

    Args:
        channels_last: keep the net's weights and feature maps with the channels as the fastest dimension: faster
            convolutions in bf16 and on GPUs, at times slower ones in fp32 on a CPU.
        callbacks: Lightning's, called in this order.
        arguments: Lightning's.
    """

    def __init__(self, *, channels_last: bool = False, callbacks: Sequence[pl.Callback] = (), **arguments: Any) -> None:
        layout = [ChannelsLast()] if channels_last else []
        super().__init__(callbacks=[*callbacks, *layout], **arguments)
