"""Tries a module on a blank image, and asks a protocol for its training side: what is wrong should show early."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import WeightAveraging
from torch import nn

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.protocols import AUTO, PROTOCOLS
from fer_lightning.errors import FerError, choices
from fer_lightning.run.config.compose import options
from fer_lightning.run.visualizations.forward_hooks import at_rest
from fer_lightning.training.callbacks.progressive import Progressive
from fer_lightning.training.callbacks.train_transform import TrainTransform
from fer_lightning.training.classifier import Classifier
from fer_lightning.training.detector import Detector
from fer_lightning.training.learner import Learner
from fer_lightning.training.losses import check_task
from fer_lightning.training.super_resolution import SuperResolver, check_pixel_loss

IMAGES = "pixel_"  # how the options of `loss` that compare images begin


def check_output(module: Learner) -> None:
    """Raises FerError where the net does not take its own input, or gives another number of scores than classes.

    A net that enlarges images gives no scores, and is tried on shrunk ones.
    """
    spec, wanted = module.input, len(module.class_names)
    if isinstance(module, SuperResolver):
        _check_enlarges(module)
        return
    # two images, for some nets normalise over the batch
    blank = torch.zeros(2, spec.channels, spec.size, spec.size)
    with at_rest(module):
        given = _scores(module, blank, spec.size).shape
    if given != (2, wanted):
        raise FerError(
            f"model.net gives {given[-1]} scores an image for {wanted} class names ({', '.join(module.class_names)}): "
            "set model.net.num_classes to ${len:${data.class_names}}, or name other data.class_names"
        )


def check_loss(module: Learner, name: str, shares: bool = False) -> None:
    """Raises FerError where the loss, an option of its group, is not one for what the module does.

    With `shares` it must take a share for each class, as mixed images and votes have, beside labels.
    """
    enlarges = isinstance(module, SuperResolver)
    fitting = [option for option in options("loss") if option.startswith(IMAGES) == enlarges]
    if enlarges:
        check_pixel_loss(module.loss, name, fitting)
    else:
        check_task(module.loss, len(module.class_names), name, fitting, shares)


def check_callbacks(module: Learner, callbacks: Sequence[pl.Callback]) -> None:
    """Raises FerError where the module cannot train on batches as they change them, or where two average weights."""
    averages = [type(callback).__name__ for callback in callbacks if isinstance(callback, WeightAveraging)]
    if len(averages) > 1:
        raise FerError(
            f"callbacks: {' and '.join(averages)} would each put their average in the net; choose one of them"
        )
    for callback in callbacks:
        if isinstance(callback, TrainTransform):
            callback.check(module)
        if isinstance(callback, Progressive):
            for size in callback.sizes:
                _check_size(module, size)


def check_targets_used(module: Learner, datamodule: FaceDataModule) -> None:
    """Raises FerError where there are soft targets, and the module does not compare class scores with them."""
    if datamodule.targets is not None and (not isinstance(module, Classifier) or isinstance(module, Detector)):
        raise FerError(
            f"data.targets={datamodule.targets}: soft targets are for models that learn a share for each class; "
            f"{type(module).__name__} does not, leave it null"
        )


def check_trains(datamodule: FaceDataModule) -> None:
    """Raises FerError where the protocol has no training side, before a search for faces, or a class has no image."""
    name = datamodule.protocol_name
    if name != AUTO and "train" not in PROTOCOLS[name].filled:
        source = datamodule.read_faces()
        datamodule.deal(source)  # images of which none has a label have a fault of their own
        able = [other for other, rule in PROTOCOLS.items() if "train" in rule.filled and not rule.lacks(source)]
        raise FerError(
            f"data.protocol={name} has no image to train, it tests what was trained elsewhere "
            f"(fer-eval ckpt=PATH data=NAME); choose among {choices(able)}"
        )
    datamodule.check_trains()


def _check_enlarges(module: SuperResolver) -> None:
    spec = module.input
    with at_rest(module):
        try:
            module(torch.zeros(2, spec.channels, spec.size, spec.size))
        except RuntimeError as refusal:
            reason = str(refusal).splitlines()[0]
            raise FerError(f"model.net: it does not enlarge images of {spec.channels} channels ({reason})") from refusal


def _check_size(module: Learner, size: int) -> None:
    try:
        with at_rest(module):
            module.net(torch.zeros(2, module.input.channels, size, size))
    except (RuntimeError, ValueError, AssertionError) as refusal:
        reason = str(refusal).splitlines()[0]
        raise FerError(
            f"callbacks=progressive: this net takes images of {module.input.size} pixels alone, not of {size}; choose "
            f"a net that pools adaptively, such as model=resnet, vgg or timm ({reason})"
        ) from refusal


def _scores(net: nn.Module, images: torch.Tensor, size: int) -> torch.Tensor:
    try:
        return cast(torch.Tensor, net(images))
    except TypeError as refusal:
        raise FerError(
            f"model.input.hog: it is for nets that see a descriptor, set it for those alone ({refusal})"
        ) from refusal
    except RuntimeError as refusal:
        reason = str(refusal).splitlines()[0]
        raise FerError(f"model.input.size={size}: the net does not take such images ({reason})") from refusal
