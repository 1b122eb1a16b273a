"""Checks callbacks, soft targets and the protocol against the module, before images are prepared."""

from __future__ import annotations

from collections.abc import Sequence

import pytorch_lightning as pl
from pytorch_lightning.callbacks import WeightAveraging

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.protocols import AUTO, PROTOCOLS
from fer_lightning.errors import FerError, choices
from fer_lightning.training.callbacks.train_transform import TrainTransform
from fer_lightning.training.learner import Learner


def check_callbacks(module: Learner, callbacks: Sequence[pl.Callback]) -> None:
    """Raises FerError if the module cannot train on batches that callbacks change, or if two average weights."""
    averages = [type(callback).__name__ for callback in callbacks if isinstance(callback, WeightAveraging)]
    if len(averages) > 1:
        raise FerError(
            f"callbacks: {' and '.join(averages)} would each put their average in the net; choose one of them"
        )
    for callback in callbacks:
        if isinstance(callback, TrainTransform):
            callback.check(module)


def check_targets_used(module: Learner, datamodule: FaceDataModule) -> None:
    """Raises FerError if there are soft targets and the module does not use them."""
    if datamodule.targets is not None and not module.soft_targets:
        raise FerError(
            f"data.targets={datamodule.targets}: soft targets are for models that learn a share for each class; "
            f"{type(module).__name__} does not, leave it null"
        )


def check_trains(datamodule: FaceDataModule) -> None:
    """Raises FerError where the protocol has no training split, before a search for faces, or a class has no image."""
    name = datamodule.protocol_name
    if name != AUTO and "train" not in PROTOCOLS[name].filled:
        source = datamodule.read_faces()
        datamodule.split(source)  # raises its own error if no image has a label
        able = [other for other, rule in PROTOCOLS.items() if "train" in rule.filled and not rule.lacks(source)]
        raise FerError(
            f"data.protocol={name} has no image to train, it tests what was trained elsewhere "
            f"(fer-eval ckpt=PATH data=NAME); choose among {choices(able)}"
        )
    datamodule.check_trains()
