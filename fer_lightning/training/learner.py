"""The base class of every LightningModule here: a net with its loss, optimizer, schedule and input normalisation."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, cast

import pytorch_lightning as pl
import torch
from matplotlib.figure import Figure
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn

from fer_lightning.data.inputs import Batch, InputSpec
from fer_lightning.training.metrics import StageMetrics
from fer_lightning.training.schedules import Length, OptimizerFactory, ScheduleFactory

STAGES = ("train", "val", "test")
TRAINED_IMAGES = "trained_images"  # key of a checkpoint

BatchTransform = Callable[[Batch], Batch]
"""Changes a batch whose images are normalised, (N, channels, H, W) float32."""


class Examples(NamedTuple):
    """K test images that a figure shows, class by class.

    Attributes:
        images: (K, channels, size, size) uint8, prepared as the model's input asks.
        names: the K names of their classes.
    """

    images: Tensor
    names: list[str]


class Learner(pl.LightningModule):
    """A net with its loss, optimizer and schedule; a subclass per task defines its steps and metrics.

    Code elsewhere never asks for the type of a module: what differs between tasks is a method or an attribute
    here, and a new task is one subclass and one YAML file in conf/model.

    Args:
        net: takes normalised images (N, channels, size, size).
        loss: returns a scalar.
        optimizer: factory of the optimizer, called with the parameters.
        schedule: factory of the learning-rate schedule, called with the optimizer and the length of training.
        class_names: the names of the classes in the data.
        input: size, channels and normalisation of the net's input.

    Attributes:
        main_metric: the name, without its stage, of the metric by which runs are compared; the model's YAML file sets
            `monitor` to its value in validation, unless it is the accuracy.
        soft_targets: whether the loss compares class scores with a share of each class, as votes and mixed images have.
        train_transforms: change each training batch, in this order, after its images are normalised.
        record: plain data that checkpoints keep as `fer_config`.
        trained_images: (N,) int64, digests of all images that trained the net, including those before `init_from`; None
            where they are unknown.
    """

    main_metric: ClassVar[str] = "accuracy"
    soft_targets: ClassVar[bool] = False
    pixel_mean: Tensor
    pixel_std: Tensor
    metrics: nn.ModuleDict  # by `of_<stage>`: a bare `train` would collide with the method that every module has

    def __init__(
        self,
        net: nn.Module,
        loss: nn.Module,
        optimizer: OptimizerFactory,
        schedule: ScheduleFactory,
        class_names: Sequence[str],
        input: InputSpec,
    ) -> None:
        super().__init__()
        self.net = net
        self.loss = loss
        self.make_optimizer = optimizer
        self.make_schedule = schedule
        self.class_names = tuple(class_names)
        self.input = input
        self.train_transforms: list[BatchTransform] = []
        self.record: dict[str, Any] = {}
        self.trained_images: Tensor | None = None
        side = input.size if input.normalise == "mean_image" else 1
        self.register_buffer("pixel_mean", torch.zeros(input.channels, side, side))
        self.register_buffer("pixel_std", torch.ones(input.channels, 1, 1))
        if (known := input.known_statistics) is not None:
            self.set_normalisation(*known)

    @property
    def predicted_classes(self) -> tuple[str, ...]:
        """The class names of a test step's probabilities, column by column; none where nothing is classified."""
        return ()

    def restrict_to(self, names: Sequence[str]) -> None:
        """Tests on data with the classes `names`; a classifier predicts only those that it shares with them."""
        self.class_names = tuple(names)

    def check_output(self) -> None:
        """Tries the net on blank images, before any data are read.

        Raises:
            FerError: the net does not take its input, or its output does not fit the task.
        """
        raise NotImplementedError

    def check_loss(self, loss: nn.Module, soft_targets: bool = False) -> None:
        """Tries a loss on made-up outputs and targets, before the first step.

        Args:
            loss: the module's own, or another one that may be chosen in its place.
            soft_targets: the data give shares of classes, as mixed images and votes do.

        Raises:
            UnsuitableLoss: the loss does not fit the task.
        """
        raise NotImplementedError

    def draw_examples(self, examples: Callable[[int], Examples], name: str, subtitle: str) -> dict[str, Figure]:
        """Figures of the task on test images, by the names of their files without the ending; none by default.

        Args:
            examples: gives about this many test images, of every class alike.
            name: of the model, for captions.
            subtitle: says what was tested.
        """
        return {}

    def metric_names(self, stage: str) -> list[str]:
        """The names of the metrics that a stage logs."""
        raise NotImplementedError

    def compute_metrics(self, stage: str) -> dict[str, float]:
        """The metrics of a stage by those names; every rank must call it, as the ranks are synchronised here."""
        raise NotImplementedError

    def set_normalisation(self, mean: Sequence[float] | Tensor, std: Sequence[float]) -> None:
        """Subtracts `mean` and divides by `std`, a value for each channel, of pixels scaled to 0..1.

        The mean may be an image (channels, size, size), where the input is normalised by one.
        """
        self.pixel_mean.copy_(torch.as_tensor(mean).view(self.input.channels, *self.pixel_mean.shape[1:]))
        self.pixel_std.copy_(torch.tensor(std).view(-1, 1, 1))

    def normalise(self, images: Tensor) -> Tensor:
        """The normalised input of the net for images (N, channels, H, W), uint8 or 0..255."""
        return (images.to(self.pixel_mean.dtype).div(255) - self.pixel_mean) / self.pixel_std

    def stage_metrics(self, stage: str) -> StageMetrics:
        """The metrics of a stage in its current or last epoch."""
        return cast(StageMetrics, self.metrics[f"of_{stage}"])

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """The optimizer and its schedule over the length of this training."""
        optimizer = self.make_optimizer(p for p in self.parameters() if p.requires_grad)
        schedule = self.make_schedule(optimizer, self.length())
        config: dict[str, Any] = {"scheduler": schedule.scheduler, "interval": schedule.interval}
        if schedule.monitor is not None:
            config["monitor"] = schedule.monitor
        return cast(OptimizerLRScheduler, {"optimizer": optimizer, "lr_scheduler": config})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Saves what is needed to rebuild this module: plain data, so that the file loads with `weights_only=True`."""
        checkpoint["fer_config"] = copy.deepcopy(self.record)
        if self.trained_images is not None:
            checkpoint[TRAINED_IMAGES] = self.trained_images

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """On a resume, restores the digests of the training images, including those of `init_from`."""
        self.trained_images = checkpoint.get(TRAINED_IMAGES, self.trained_images)

    def length(self) -> Length:
        """The length of this training; 0 epochs where `trainer.max_time` alone ends it."""
        trainer = self.trainer
        trainer.fit_loop.setup_data()  # Lightning counts the batches of an epoch only then
        steps = math.ceil(trainer.num_training_batches / trainer.accumulate_grad_batches)
        if trainer.max_epochs is not None and trainer.max_epochs >= 0:
            return Length(trainer.max_epochs, steps)
        return Length(max(0, math.ceil(trainer.max_steps / steps)), steps)


def as_learner(module: pl.LightningModule) -> Learner:
    """The module that a callback gets, by its own type: Lightning's signatures know no subclass."""
    assert isinstance(module, Learner)
    return module
