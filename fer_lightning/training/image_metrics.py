"""The metrics of super-resolution: PSNR and SSIM, and those of bicubic interpolation."""

from __future__ import annotations

import torch
from torch import Tensor
from torchmetrics import SumMetric
from torchmetrics.image import PeakSignalNoiseRatio, StructuralSimilarityIndexMeasure

from fer_lightning.training.metrics import StageMetrics

# dB of the mean squared error of all pixels; 0..1
METRICS = ("psnr", "ssim", "psnr_bicubic", "ssim_bicubic")


class ImageMetrics(StageMetrics):
    """The metrics of a stage of super-resolution.

    PSNR is that of the mean squared error over the pixels of all images, and so is finite where a single image, such
    as a blank one, is restored exactly. SSIM (Wang et al. 2004, Gaussian window of 11 pixels) is the mean over images.

    Args:
        compared: also compute SSIM and the metrics of bicubic interpolation, which are costly.
    """

    def __init__(self, compared: bool = True) -> None:
        super().__init__()
        self.compared = compared
        self._loss = SumMetric(nan_strategy="disable")
        self._images = SumMetric(nan_strategy="disable")
        self._psnr = PeakSignalNoiseRatio(data_range=1.0)
        if compared:
            self._ssim = StructuralSimilarityIndexMeasure(data_range=1.0)
            self._psnr_bicubic = PeakSignalNoiseRatio(data_range=1.0)
            self._ssim_bicubic = StructuralSimilarityIndexMeasure(data_range=1.0)

    def names(self) -> list[str]:
        """The names of the metrics."""
        return ["loss", *(name for name in METRICS if hasattr(self, f"_{name}"))]

    def update(self, enlarged: Tensor, bicubic: Tensor, original: Tensor, loss: Tensor) -> None:
        """Adds a batch of images (N, channels, H, W) float32 in 0..1, and its mean loss."""
        self._loss.update(loss.detach() * len(original))
        self._images.update(float(len(original)))
        # SSIM subtracts squares of nearly equal size: in the bf16 of autocast it would lose a twentieth
        with torch.autocast(original.device.type, enabled=False):
            for name in self.names()[1:]:
                metric = getattr(self, f"_{name}")
                metric.update(bicubic if name.endswith("bicubic") else enlarged.detach(), original)

    def compute(self) -> dict[str, float]:
        """The mean loss over the images, PSNR in dB, SSIM. Every rank must call it."""
        found = {name: float(getattr(self, f"_{name}").compute()) for name in self.names()[1:]}
        return {"loss": float(self._loss.compute() / self._images.compute()), **found}
