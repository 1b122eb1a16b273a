"""Classification losses, and a check that a loss fits a classifier."""

from __future__ import annotations

import warnings
from typing import Any, Protocol, runtime_checkable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from fer_lightning.errors import FerError


def distribution(target: Tensor, num_classes: int) -> Tensor:
    """Targets as distributions (N, C) float32: labels (N,) int64 become one-hot rows, votes (N, C) stay."""
    return target.float() if target.is_floating_point() else F.one_hot(target, num_classes).float()


class ProbabilityLoss(nn.Module):
    """Mean over images and classes of |softmax - one-hot| ** norm; logits (N, C), result in [0, 2/C].

    norm=2 is the "mean square error cost function" between the softmax output and the class label vector of paper C,
    section III.E; norm=1 is its sibling. Target: labels (N,) int64 or distributions (N, C).

    The gradient of both vanishes where the softmax gives the true class little (for norm=1 it is proportional to
    that probability), so that an untrained net learns the easiest class alone (Ghosh et al. 2017 and
    Zhang and Sabuncu 2018 describe it for norm=1). A warm-up starts with cross entropy and blends linearly into the
    error; in validation and test the loss is always the error alone.

    Args:
        norm: 1 (absolute) or 2 (squared).
        warm_up: training batches until the loss is the error alone; 0 is the papers' formula from the first batch.

    Raises:
        FerError: norm is neither 1 nor 2, or warm_up is negative.
    """

    batches: Tensor

    def __init__(self, norm: int, warm_up: int = 0) -> None:
        super().__init__()
        if norm not in (1, 2):
            raise FerError(f"loss.norm={norm}: choose 1 (absolute) or 2 (squared)")
        if warm_up < 0:
            raise FerError(f"loss.warm_up={warm_up}: choose a number of training batches, or 0 for no warm-up")
        self.norm = norm
        self.warm_up = warm_up
        if warm_up:  # in checkpoints, so that a resumed run goes on blending where it was
            self.register_buffer("batches", torch.zeros((), dtype=torch.int64))

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Mean error, a scalar in [0, 2/C]; blended with cross entropy during the warm-up."""
        scores = logits.float()
        gap = scores.softmax(dim=1) - distribution(target, logits.shape[1])
        value = gap.abs().mean() if self.norm == 1 else gap.square().mean()
        if not self.warm_up or not self.training:
            return value
        share = (self.batches / self.warm_up).clamp(max=1)
        self.batches += 1
        soft_or_hard = target.float() if target.is_floating_point() else target
        return torch.lerp(F.cross_entropy(scores, soft_or_hard), value, share)


class FocalLoss(nn.Module):
    """Cross entropy times (1 - p) ** gamma, averaged over images: easy images weigh less; gamma=0 is cross entropy.

    Lin et al. 2017, equation 4, with softmax for p. With a distribution as target, each class counts by its share.
    Logits (N, C); target: labels (N,) int64 or distributions (N, C).

    Raises:
        FerError: gamma is negative.
    """

    def __init__(self, gamma: float) -> None:
        super().__init__()
        if gamma < 0:
            raise FerError(f"loss.gamma={gamma}: choose 0 (cross entropy) or more; 2 is usual")
        self.gamma = gamma

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Mean over images, a scalar of 0 or more."""
        log_p = logits.float().log_softmax(dim=1)
        # Below gamma=1 the power's slope at p=1 is infinite, and infinity times log(1) would make the gradient nan.
        doubt = (1 - log_p.exp()).clamp_min(torch.finfo(torch.float32).eps)
        per_image = (distribution(target, logits.shape[1]) * doubt.pow(self.gamma) * log_p).sum(dim=1)
        return -per_image.mean()


class WeightedCrossEntropy(nn.Module):
    """Cross entropy with class weights 1 / count ** power, so that rare expressions are not ignored.

    The weights average 1 over the training images, so the loss keeps the scale of the plain one. A class without
    training images has weight 0: images of it in validation or test add nothing to the loss. The sum is divided by
    N, not by the batch's weights as in torch, so that the weight of an image does not depend on its batch.
    Logits (N, C); target: labels (N,) int64 or distributions (N, C). Checkpoints keep the weights.

    Raises:
        FerError: power is negative, or the loss is called before `fit_counts` or a checkpoint gave it weights.
    """

    weight: Tensor

    def __init__(self, power: float = 1.0) -> None:
        super().__init__()
        if power < 0:
            raise FerError(f"loss.power={power}: choose 0 (every image alike) to 1 (every class alike)")
        self.power = power
        self.register_buffer("weight", torch.empty(0))
        self.register_load_state_dict_pre_hook(_take_the_shape)  # type: ignore[no-untyped-call]

    @property
    def fitted(self) -> bool:
        """Whether the class weights are known."""
        return self.weight.numel() > 0

    def fit_counts(self, counts: Tensor) -> None:
        """Sets the weights from the training images per class.

        Args:
            counts: (C,) zero or more each; sums of votes serve as well.

        Raises:
            FerError: the counts are not one row of numbers, one is negative, or all are zero.
        """
        images = counts.detach().double()
        if images.ndim != 1 or bool((images < 0).any()) or float(images.sum()) <= 0:
            raise FerError(f"loss=weighted needs how many training images each class has, found {counts.tolist()}")
        raw = torch.where(images > 0, images.clamp_min(1e-12).pow(-self.power), 0.0)
        self.weight = (raw * images.sum() / (raw * images).sum()).float().to(self.weight.device)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """Weighted sum over N, a scalar of 0 or more."""
        if not self.fitted:
            raise FerError("loss=weighted has no class weights yet: call fit_counts with the training split's counts")
        scores = logits.float()
        soft_or_hard = target.float() if target.is_floating_point() else target
        return F.cross_entropy(scores, soft_or_hard, weight=self.weight, reduction="sum") / len(scores)


def _take_the_shape(module: nn.Module, state_dict: dict[str, Any], prefix: str, *_: object) -> None:
    """Resizes the buffer of an unfitted loss for a checkpoint's weights; a fitted one keeps its class count."""
    saved = state_dict.get(f"{prefix}weight")
    if isinstance(module, WeightedCrossEntropy) and isinstance(saved, Tensor) and not module.fitted:
        module.weight = torch.empty_like(saved, device=module.weight.device)


class UnsuitableLoss(FerError):
    """The loss does not fit the task of the model; `alternative` is a way out other than a different loss."""

    def __init__(self, message: str, alternative: str = "") -> None:
        super().__init__(message)
        self.alternative = alternative


@runtime_checkable
class FitsClassCounts(Protocol):
    """A loss that depends on how many training images each class has."""

    def fit_counts(self, counts: Tensor) -> None:
        """Takes the counts, (C,) zero or more each."""


@runtime_checkable
class FitsImages(Protocol):
    """A loss that keeps something for each training image."""

    def fit_images(self, images: int, num_classes: int) -> None:
        """Takes how many images and classes there are."""


@runtime_checkable
class RegularisesTraining(Protocol):
    """A loss that adds a term in training alone, so that the logged losses of training and validation compare."""

    def regulariser(self, logits: Tensor, row: Tensor) -> Tensor:
        """The term of a training batch, a scalar; logits (N, C), the images' rows (N,) int64."""


def fit_to_training_set(loss: nn.Module, class_counts: Tensor, images: int) -> None:
    """Gives a loss, and the losses in it, what they ask of the training set.

    Args:
        loss: any; only a loss with `fit_counts` or `fit_images` asks for something.
        class_counts: training images per class, (C,).
        images: number of images whose rows a batch may name.
    """
    for part in loss.modules():
        if isinstance(part, FitsClassCounts):
            part.fit_counts(class_counts)
        if isinstance(part, FitsImages):
            part.fit_images(images, len(class_counts))


def check_classification_loss(loss: nn.Module, num_classes: int, soft_targets: bool = False) -> None:
    """Tries the loss once on a few logits and labels.

    Args:
        loss: takes logits (N, C) and labels (N,) int64, gives a scalar.
        num_classes: C, two or more.
        soft_targets: whether the loss gets distributions (N, C) as well.

    Raises:
        UnsuitableLoss: the loss fails on them or gives no finite scalar, as a loss between two images does.
        FerError: the loss itself refuses, as one that has not been fitted to class counts does.
    """
    # One row more than classes: (N,) broadcasts against (N, C) only when N is C or 1, and a wrong loss would pass.
    rows = num_classes + 1
    logits = torch.linspace(-1, 1, rows * num_classes).reshape(rows, num_classes)
    labels = torch.arange(rows) % num_classes
    _try(loss, logits, labels, "class labels (N,), and this model classifies")
    if soft_targets:
        mixed = distribution(labels, num_classes).lerp(distribution(labels, num_classes).roll(1, 0), 0.25)
        alternative = "mix=none and labels in place of votes"
        _try(loss, logits, mixed, "shares of classes (N, C), which mixed images and votes have", alternative)


def _try(loss: nn.Module, logits: Tensor, target: Tensor, what: str, alternative: str = "") -> None:
    """Raises UnsuitableLoss where the loss gives no finite scalar; `what` says of which target."""
    refusal = f"{type(loss).__name__} does not compare logits (N, C) with {what}"
    trains = loss.training
    loss.eval()  # a trial is no training batch: it advances no warm-up
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            value = loss(logits, target)
    except (TypeError, RuntimeError, ValueError, IndexError) as mismatch:
        raise UnsuitableLoss(f"{refusal} ({str(mismatch).splitlines()[0]})", alternative) from mismatch
    finally:
        loss.train(trains)
    if not isinstance(value, Tensor) or value.ndim != 0 or not bool(value.isfinite()):
        found = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) and value.ndim else value
        raise UnsuitableLoss(f"{refusal} (it gave {found} instead of one finite number)", alternative)
