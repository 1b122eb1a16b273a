"""Trains super-resolution: each image of a data set is downsampled, and the net restores it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure
from torch import Tensor, nn
from torch.nn import functional as F

from fer_lightning.data.inputs import Batch, InputSpec
from fer_lightning.errors import FerError
from fer_lightning.results.figures.super_resolution import enlarged_faces
from fer_lightning.training.eval_mode import eval_mode
from fer_lightning.training.image_metrics import ImageMetrics
from fer_lightning.training.learner import STAGES, Examples, Learner
from fer_lightning.training.losses import UnsuitableLoss
from fer_lightning.training.schedules import OptimizerFactory, ScheduleFactory

EXAMPLES = 8  # faces of the figure


class Enlarged(NamedTuple):
    """Images (N, channels, H, W) float32 on a scale from 0 to 1.

    Attributes:
        original: as the data set has them.
        small: shrunk, (N, channels, H / factor, W / factor), with the 256 levels of an image file.
        bicubic: the small ones enlarged by bicubic interpolation.
        enlarged: the small ones enlarged by the net; not limited to 0..1.
    """

    original: Tensor
    small: Tensor
    bicubic: Tensor
    enlarged: Tensor


class SuperResolver(Learner):
    """Trains a net that enlarges images by its `factor`. Paper B, section 2.2.

    The paper does not say which images of high resolution it trains on: here those of any data set, which are shrunk by
    bicubic interpolation with its window widened against aliasing, as is usual for EDSR's data (Lim et al. 2017).

    Args:
        net: takes images (N, channels, H, W) on the scale of `input` and gives (N, channels, factor * H, factor * W)
            on the same; has an attribute `factor`.
        loss: compares two batches of images; 0 for equal ones.
        optimizer, schedule, class_names, input: as in Learner; the classes are not used.

    Raises:
        FerError: the factor does not divide the image size.
    """

    main_metric = "psnr"

    def __init__(
        self,
        net: nn.Module,
        loss: nn.Module,
        optimizer: OptimizerFactory,
        schedule: ScheduleFactory,
        class_names: Sequence[str],
        input: InputSpec,
    ) -> None:
        super().__init__(net, loss, optimizer, schedule, class_names, input)
        self.factor = int(cast(int, net.factor))
        if input.size % self.factor:
            raise FerError(
                f"model.net.factor={self.factor}: images of model.input.size={input.size} cannot be shrunk by it; "
                f"choose a size that it divides, such as {input.size - input.size % self.factor}"
            )
        self.metrics = nn.ModuleDict({f"of_{stage}": ImageMetrics(compared=stage != "train") for stage in STAGES})

    def check_output(self) -> None:
        """Tries the net on blank images.

        Raises:
            FerError: it does not enlarge images of its input's channels.
        """
        spec = self.input
        with eval_mode(self):
            try:
                self(torch.zeros(2, spec.channels, spec.size, spec.size))
            except RuntimeError as refusal:
                reason = str(refusal).splitlines()[0]
                raise FerError(
                    f"model.net: it does not enlarge images of {spec.channels} channels ({reason})"
                ) from refusal

    def check_loss(self, loss: nn.Module, soft_targets: bool = False) -> None:
        """Tries the loss on pairs of images; class shares take no part."""
        check_pixel_loss(loss)

    def draw_examples(self, examples: Callable[[int], Examples], name: str, subtitle: str) -> dict[str, Figure]:
        """`enlarged`: faces shrunk, enlarged by interpolation and by the net, and as they were."""
        shown = examples(EXAMPLES)
        with eval_mode(self):
            found = self.enlarge(shown.images.to(self.device))
        versions = {"shrunk": found.small, "bicubic": found.bicubic, name: found.enlarged, "original": found.original}
        pixels = [(version, _to_bytes(images)) for version, images in versions.items()]
        caption = "Below each, its peak signal-to-noise ratio against the original."
        return {"enlarged": enlarged_faces(pixels, shown.names, subtitle, caption)}

    def metric_names(self, stage: str) -> list[str]:
        """The names of the metrics that a stage logs."""
        return [f"{stage}/{name}" for name in self.stage_metrics(stage).names()]

    def compute_metrics(self, stage: str) -> dict[str, float]:
        """Loss, PSNR in dB, and but for training SSIM and both of bicubic interpolation, by the names of `figures`."""
        return {f"{stage}/{name}": value for name, value in self.stage_metrics(stage).compute().items()}

    def stage_metrics(self, stage: str) -> ImageMetrics:
        """The figures of a stage's current or last epoch."""
        return cast(ImageMetrics, self.metrics[f"of_{stage}"])

    def forward(self, images: Tensor) -> Tensor:
        """Shrunk and enlarged images (N, channels, size, size), float32 in 0..255, of images uint8 or 0..255."""
        return self.enlarge(images).enlarged.clamp(0, 1) * 255

    def enlarge(self, images: Tensor) -> Enlarged:
        """Images (N, channels, size, size), uint8 or 0..255, shrunk and enlarged in both ways."""
        original = images.float().div(255)
        small = shrink(original, self.factor)
        seen = (small - self.pixel_mean) / self.pixel_std
        enlarged = self.net(seen).float() * self.pixel_std + self.pixel_mean
        return Enlarged(original, small, resize_bicubic(small, original.shape[-1]), enlarged)

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """The loss of a training batch."""
        return self._count("train", batch)

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Updates the metrics with a validation batch."""
        self._count("val", batch)

    def test_step(self, batch: Batch, batch_idx: int) -> None:
        """Updates the metrics with a test batch."""
        self._count("test", batch)

    def _count(self, stage: str, batch: Batch) -> Tensor:
        found = self.enlarge(batch.image)
        loss: Tensor = self.loss(found.enlarged, found.original)
        self.stage_metrics(stage).update(found.enlarged.clamp(0, 1), found.bicubic, found.original, loss)
        return loss


def shrink(images: Tensor, factor: int) -> Tensor:
    """Images (N, channels, H, W) in 0..1 downsampled by `factor`, rounded to the 256 levels of an image file."""
    return resize_bicubic(images, images.shape[-1] // factor).mul(255).round().div(255)


def resize_bicubic(images: Tensor, size: int) -> Tensor:
    """Images (N, channels, H, H) in 0..1 resized by bicubic interpolation, clipped to 0..1."""
    return F.interpolate(images, size=(size, size), mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)


def check_pixel_loss(loss: nn.Module) -> None:
    """Tries the loss on images (N, channels, H, W): equal ones are to have none, and different ones some.

    Raises:
        UnsuitableLoss: it does not, as a loss between logits and classes does not.
    """
    images = torch.linspace(0, 1, 2 * 3 * 4 * 4).view(2, 3, 4, 4)
    try:
        with torch.no_grad():
            same, other = (float(loss(images, images + step)) for step in (0.0, 0.5))
    except (TypeError, RuntimeError, ValueError, IndexError, FerError):
        same, other = 1.0, 0.0
    if same != 0 or other <= 0:
        raise UnsuitableLoss(f"{type(loss).__name__} does not compare images with images, and this model enlarges them")


def _to_bytes(images: Tensor) -> npt.NDArray[np.uint8]:
    """(N, C, H, W) in 0..1 as a figure takes them: uint8, (N, H, W) grey or (N, H, W, 3)."""
    pixels = images.clamp(0, 1).mul(255).round().to(torch.uint8).cpu().numpy()
    return cast(npt.NDArray[np.uint8], pixels[:, 0] if pixels.shape[1] == 1 else pixels.transpose(0, 2, 3, 1))
