"""Trains a classification net with any loss between logits and targets."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from fer_lightning.data.inputs import Batch, InputSpec
from fer_lightning.errors import FerError, choices
from fer_lightning.training.eval_mode import eval_mode
from fer_lightning.training.learner import STAGES, Learner
from fer_lightning.training.losses import RegularisesTraining, check_classification_loss
from fer_lightning.training.metrics import METRICS, ClassificationMetrics
from fer_lightning.training.schedules import OptimizerFactory, ScheduleFactory
from fer_lightning.training.views import Views

log = logging.getLogger(__name__)


class Classifier(Learner):
    """Classifies images.

    Args:
        net: takes normalised images (N, channels, size, size) and gives logits (N, C).
        loss: takes logits (N, C) and labels (N,) or votes (N, C), gives a scalar.
        optimizer: factory of the optimizer, called with the parameters.
        schedule: factory of the learning-rate schedule, called with the optimizer and the length of training.
        class_names: the C names that the logits stand for.
        input: size, channels and normalisation of the net's input.
        mirror_test: an older name of `views=["mirror"]`.
        penalty: takes the net and returns a scalar that is added to the training loss; the logged losses are
            without it, so that training and validation are comparable.
        views: names of `views.VIEWS`: test-time augmentation, the mean of the probabilities of these views of an image.
            Validation uses the image alone.
        crop_size: side in pixels of the view `ten_crops`.

    Raises:
        FerError: incompatible views, or `mirror_test` together with `views`.
    """

    soft_targets = True

    def __init__(
        self,
        net: nn.Module,
        loss: nn.Module,
        optimizer: OptimizerFactory,
        schedule: ScheduleFactory,
        class_names: Sequence[str],
        input: InputSpec,
        mirror_test: bool = False,
        penalty: nn.Module | None = None,
        views: Sequence[str] | None = None,
        crop_size: int | None = None,
    ) -> None:
        super().__init__(net, loss, optimizer, schedule, class_names, input)
        if mirror_test:
            if views is not None:
                raise FerError("model.mirror_test=true is an older name of model.views=[mirror]: leave it false")
            log.info("model.mirror_test=true is an older name of model.views=[mirror]")
            views = ["mirror"]
        self.views = Views(views or (), input.size, crop_size)
        self.penalty = penalty
        self.kept_classes = list(range(len(self.class_names)))
        self.metrics = self._fresh_metrics()

    def restrict_to(self, names: Sequence[str]) -> None:
        """Predicts only the classes `names`, in the model's order: for data without some of its classes.

        Raises:
            FerError: no class of the model is among them.
        """
        self.kept_classes = [number for number, name in enumerate(self.class_names) if name in names]
        if not self.kept_classes:
            raise FerError(
                f"the model's classes are {choices(self.class_names)}; the data have {choices(names)}: none in common"
            )
        self.metrics = self._fresh_metrics()

    @property
    def predicted_classes(self) -> tuple[str, ...]:
        """The class names that the logits of `forward` stand for."""
        return tuple(self.class_names[number] for number in self.kept_classes)

    def check_output(self) -> None:
        """Tries the net on two blank images, for some nets normalise over the batch.

        Raises:
            FerError: the net does not take its own input, or gives another number of scores than there are classes.
        """
        spec, wanted = self.input, len(self.class_names)
        with eval_mode(self):
            given = self._try_forward(torch.zeros(2, spec.channels, spec.size, spec.size)).shape
        if given != (2, wanted):
            raise FerError(
                f"model.net gives {given[-1]} scores per image for {wanted} class names "
                f"({', '.join(self.class_names)}): set model.net.num_classes to ${{len:${{data.class_names}}}}, "
                "or name other data.class_names"
            )

    def check_loss(self, loss: nn.Module, soft_targets: bool = False) -> None:
        """Tries the loss on a few logits and labels, and on shares of classes with `soft_targets`."""
        check_classification_loss(loss, len(self.class_names), soft_targets)

    def metric_names(self, stage: str) -> list[str]:
        """The names of the metrics that a stage logs."""
        return [
            f"{stage}/{name}" for name in ("loss", *METRICS, *(f"recall/{name}" for name in self.predicted_classes))
        ]

    def compute_metrics(self, stage: str) -> dict[str, float]:
        """Loss, accuracies and recalls of a stage, by the names of `figures`."""
        counted = self.stage_metrics(stage)
        figures = counted.compute() | {
            f"recall/{name}": r for name, r in counted.recall(self.predicted_classes).items()
        }
        return {f"{stage}/{name}": value for name, value in figures.items()}

    def forward(self, images: Tensor, described: Tensor | None = None) -> Tensor:
        """Logits (N, C) float32 of prepared images (N, channels, size, size), uint8 or 0..255.

        A net that takes a descriptor beside the image gets `described` (N, F), or the descriptors of these images.
        """
        return self.logits(self.normalise(images), self._descriptors(images, described))

    def logits(self, normalised: Tensor, described: Tensor | None = None) -> Tensor:
        """Logits (N, C) float32 of normalised images (N, channels, H, W) and, where the net sees them, descriptors."""
        seen = [normalised] if self.input.hog is None else [normalised, described]
        # bf16 logits would be too coarse for the softmax, the loss and the metrics
        logits: Tensor = self.net(*seen).float()
        return logits if len(self.kept_classes) == len(self.class_names) else logits[:, self.kept_classes]

    def scores(self, images: Tensor, described: Tensor | None = None) -> Tensor:
        """(N, C) float32 whose softmax is the prediction: the logits, or the mean over several views of a face."""
        seen = self.views(images)
        if len(seen) == 1:
            return cast(Tensor, self(images, described))
        # descriptors are those of the unchanged images
        answers = [self(view, described if view is images else None) for view in seen]
        # the logarithm of the mean of the views' probabilities
        return torch.stack(answers).log_softmax(dim=-1).logsumexp(dim=0) - math.log(len(seen))

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor | None:
        """The loss of a training batch, with what the loss adds in training alone, and the penalty."""
        batch = self.apply_train_transforms(batch)
        logits = self.logits(batch.image, batch.described)
        loss = self._count("train", logits, batch)
        if loss is not None and isinstance(self.loss, RegularisesTraining):
            loss = loss + self.loss.regulariser(logits, batch.row)
        return loss if loss is None or self.penalty is None else loss + self.penalty(self.net)

    def apply_train_transforms(self, batch: Batch) -> Batch:
        """A training batch after normalisation and the `train_transforms`."""
        described = self._descriptors(batch.image, batch.described)
        batch = batch._replace(image=self.normalise(batch.image), described=described)
        for transform in self.train_transforms:
            batch = transform(batch)
        return batch

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Updates the metrics with a validation batch."""
        self._count("val", self(batch.image, batch.described), batch)

    def test_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Updates the metrics with a test batch; returns its probabilities (N, C) float32."""
        scores = self.scores(batch.image, batch.described)
        self._count("test", scores, batch)
        return scores.softmax(dim=1)

    def stage_metrics(self, stage: str) -> ClassificationMetrics:
        """The metrics of a stage's current or last epoch."""
        return cast(ClassificationMetrics, self.metrics[f"of_{stage}"])

    def _try_forward(self, images: Tensor) -> Tensor:
        try:
            return cast(Tensor, self(images))
        except TypeError as refusal:
            raise FerError(
                f"model.input.hog: it is for nets that see a descriptor, set it for those alone ({refusal})"
            ) from refusal
        except RuntimeError as refusal:
            reason = str(refusal).splitlines()[0]
            raise FerError(
                f"model.input.size={self.input.size}: the net does not take such images ({reason})"
            ) from refusal

    def _descriptors(self, images: Tensor, described: Tensor | None) -> Tensor | None:
        """The descriptors for the net, computed where `described` is None; None for a net without."""
        return self.input.describe(images) if self.input.hog is not None and described is None else described

    def _fresh_metrics(self) -> nn.ModuleDict:
        return nn.ModuleDict({f"of_{stage}": ClassificationMetrics(len(self.predicted_classes)) for stage in STAGES})

    def _count(self, stage: str, scores: Tensor, batch: Batch) -> Tensor | None:
        """Updates the metrics of the stage; the loss, or None with only a part of the model's classes."""
        whole = len(self.kept_classes) == len(self.class_names)
        loss: Tensor | None = self.loss(scores, batch.target) if whole else None
        self.stage_metrics(stage).update(scores.detach().softmax(dim=1), batch.label, loss)
        return loss
