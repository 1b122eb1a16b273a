"""Sets the pixel statistics of a module: those of the training images, or of the pre-trained net."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.errors import FerError
from fer_lightning.training.learner import Learner
from fer_lightning.training.losses import fit_to_training_set


def use_pretrained_statistics(module: Learner) -> None:
    """Uses the mean and std of a pre-trained net if the config sets none.

    Raises:
        FerError: the config has another normalisation than the pre-trained net.
    """
    own = _get_pretrained_statistics(module.net)
    if own is None:
        return
    if module.input.normalise != "standard":
        raise FerError(
            f"model.input.normalise={module.input.normalise}: this net's makers normalised it by a mean and std of "
            "their own; leave it standard"
        )
    if module.input.mean is None:
        module.set_normalisation(*own)


def fit_to_training_images(module: Learner, datamodule: FaceDataModule) -> None:
    """Fits normalisation, class weights and memory of the module to the training images."""
    if module.input.known_statistics is None and _get_pretrained_statistics(module.net) is None:
        module.set_normalisation(*_compute_statistics(module.input.normalise, datamodule))
    fit_to_training_set(module.loss, torch.tensor(datamodule.class_counts()), len(datamodule.faces))


def _compute_statistics(how: str, datamodule: FaceDataModule) -> tuple[Sequence[float] | torch.Tensor, Sequence[float]]:
    """Returns mean and divisor; if only a mean is subtracted, the divisor is 1 and pixels keep their scale 0..1."""
    mean, std = datamodule.pixel_statistics()
    if how == "standard":
        return mean, std
    unchanged = [1.0] * len(std)
    return (torch.from_numpy(datamodule.mean_image()) if how == "mean_image" else mean), unchanged


def _get_pretrained_statistics(net: nn.Module) -> tuple[Sequence[float], Sequence[float]] | None:
    """Returns the mean and std of a pre-trained net; None if it has none."""
    mean, std = (getattr(net, name, None) for name in ("mean", "std"))
    return None if mean is None or std is None else (mean, std)
