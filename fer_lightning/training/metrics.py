"""The metrics of a stage: confusion matrix, calibration error, mean loss and the scores that follow from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torchmetrics import Metric, SumMetric
from torchmetrics.classification import MulticlassCalibrationError, MulticlassConfusionMatrix

from fer_lightning.results.confusion_scores import accuracy, balanced_accuracy, macro_f1, recalls

CALIBRATION_BINS = 15
METRICS = ("accuracy", "macro_f1", "balanced_accuracy", "ece")  # the keys of ClassificationMetrics.compute


class StageMetrics(nn.Module):
    """The metrics of one stage (train, val or test) over one epoch, by torchmetrics in its attributes.

    They accumulate over batches and DDP ranks. As an attribute of a LightningModule it moves to the module's device;
    call `reset` between epochs. Checkpoints do not hold it, except for those in mid-epoch, which keep `state`.
    """

    def reset(self) -> None:
        """Resets every metric."""
        for _, metric in self._parts():
            metric.reset()

    def state(self) -> dict[str, Any]:
        """The state for `restore` in mid-epoch: tensors and plain data of this rank."""
        return {name: {"updates": m.update_count, **_copied(m.metric_state)} for name, m in self._parts()}

    def restore(self, state: dict[str, Any]) -> None:
        """Restores what `state` returned."""
        for name, metric in self._parts():
            kept = dict(state[name])
            metric._update_count = kept.pop("updates")
            for key, value in kept.items():
                setattr(metric, key, _on(metric.device, value))

    @property
    def confusion(self) -> Tensor:
        """Counts (C, C) int64 on the CPU of a stage that classifies; (0, 0) of any other."""
        return torch.zeros((0, 0), dtype=torch.int64)

    def _parts(self) -> Iterator[tuple[str, Metric]]:
        return ((name, part) for name, part in self.named_children() if isinstance(part, Metric))


class ClassificationMetrics(StageMetrics):
    """The metrics of a stage of classification.

    It keeps two numbers per image for the calibration error until `reset`: 240 kB for 30,000 images.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        # validating the values of every batch would synchronise with the GPU; the loss has checked the labels already
        self._counts = MulticlassConfusionMatrix(num_classes, validate_args=False)
        self._calibration = MulticlassCalibrationError(num_classes, n_bins=CALIBRATION_BINS, validate_args=False)
        # a sum: torchmetrics 1.9 ignores the weights of a MeanMetric without nan checks, and nan checks
        # synchronise with the GPU
        self._loss = SumMetric(nan_strategy="disable")

    def update(self, probabilities: Tensor, labels: Tensor, loss: Tensor | None = None) -> None:
        """Add a batch: probabilities (N, C) float32, rows sum to 1; labels (N,) int64; its mean loss, if it has one."""
        self._counts.update(probabilities, labels)
        self._calibration.update(probabilities, labels)
        if loss is not None:
            self._loss.update(loss.detach() * len(labels))

    def compute(self) -> dict[str, float]:
        """`accuracy`, `macro_f1`, `balanced_accuracy` and `ece` in [0, 1], and `loss` where batches had one.

        All are nan before the first image. The loss is the mean over the images.
        Every rank must call it, as the ranks are synchronised here. `confusion` and `recall` are free afterwards.
        `ece` is the expected calibration error of the highest probability, in 15 equal bins (Guo et al. 2017).
        """
        confusion = self.confusion
        # without images there is nothing to concatenate; every rank has the same sum and so takes the same branch
        ece = float(self._calibration.compute()) if bool(confusion.any()) else float("nan")
        figures = {
            "accuracy": accuracy(confusion),
            "macro_f1": macro_f1(confusion),
            "balanced_accuracy": balanced_accuracy(confusion),
            "ece": ece,
        }
        return figures | ({"loss": float(self._loss.compute() / confusion.sum())} if self._loss.update_called else {})

    def recall(self, class_names: Sequence[str]) -> dict[str, float]:
        """The share of each class's images that were recognised; nan for a class without images."""
        return dict(zip(class_names, recalls(self.confusion).tolist(), strict=True))

    @property
    def confusion(self) -> Tensor:
        """Counts (C, C) int64 on the CPU: rows are true classes, columns predicted ones."""
        counts: Tensor = self._counts.compute()
        return counts.cpu()


def _on(device: torch.device, value: Tensor | list[Tensor], copy: bool = False) -> Tensor | list[Tensor]:
    moved = [part.to(device, copy=copy) for part in (value if isinstance(value, list) else [value])]
    return moved if isinstance(value, list) else moved[0]


def _copied(state: dict[str, Any]) -> dict[str, Any]:
    return {key: _on(torch.device("cpu"), value, copy=True) for key, value in state.items()}
