"""Tries a module's parts on a blank image and on one weight, so that what is wrong shows before the data are read."""

from __future__ import annotations

from typing import cast

import torch
from torch import nn

from fer_lightning.errors import FerError
from fer_lightning.training.classifier import Classifier


def check_output(module: Classifier) -> None:
    """Raises FerError where the net does not take its own input, or gives another number of scores than classes."""
    spec, wanted = module.input, len(module.class_names)
    # two images, for some nets normalise over the batch; the mode is restored, and no statistic moves in eval mode
    blank = torch.zeros(2, spec.channels, spec.size, spec.size)
    training = module.training
    with torch.no_grad():
        given = _scores(module.eval(), blank, spec.size).shape
    module.train(training)
    if given != (2, wanted):
        raise FerError(
            f"model.net gives {given[-1]} scores an image for {wanted} class names ({', '.join(module.class_names)}): "
            "set model.net.num_classes to ${len:${data.class_names}}, or name other data.class_names"
        )


def _scores(net: nn.Module, images: torch.Tensor, size: int) -> torch.Tensor:
    try:
        return cast(torch.Tensor, net(images))
    except RuntimeError as refusal:
        reason = str(refusal).splitlines()[0]
        raise FerError(f"model.input.size={size}: the net does not take such images ({reason})") from refusal
