"""Puts a module in eval mode for a while, without a trace in the training that follows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


@contextmanager
def eval_mode(module: nn.Module) -> Iterator[None]:
    """The module in eval mode and without gradients; afterwards every part has its own mode again."""
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        # not inference mode: tensors that a net makes once and keeps would be of no use to the training that follows
        with torch.no_grad():
            yield
    finally:
        for part, mode in modes:
            part.training = mode
