"""The page of warped faces: what a spatial transformer shows to the net behind it."""

from __future__ import annotations

import logging
import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure
from torch import Tensor

from fer_lightning.nets.parts.stn import SpatialTransformer
from fer_lightning.results.figures.warps import warped_faces
from fer_lightning.run.artifacts.preprocessing_trace import to_channels_last
from fer_lightning.run.visualizations.forward_hooks import capture_activations, iter_batches
from fer_lightning.run.visualizations.sample_selection import Candidates, check_selection, select_faces
from fer_lightning.training.classifier import Classifier
from fer_lightning.training.eval_mode import eval_mode

log = logging.getLogger(__name__)

# upper left, upper right, lower right, lower left of what the transformer gives, as (x, y, 1)
CORNERS = torch.tensor([[-1.0, -1, 1], [1, -1, 1], [1, 1, 1], [-1, 1, 1]])


class Warp(NamedTuple):
    """What the transformer did to K faces.

    Attributes:
        theta: (K, 2, 3) float32, as SpatialTransformer.theta has it.
        faces: (K, channels, H', W') uint8, each under its warp.
    """

    theta: Tensor
    faces: Tensor


class WarpedFaces:
    """Draws faces beside themselves as the spatial transformer warps them, with its outline on the face.

    The figures of Jaderberg et al. 2015 and of paper A (figure 5). Of several transformers in a net the first is drawn.

    Args:
        per_class: faces of each class.
        seed: of the choice of faces.

    Raises:
        FerError: a number is below its lowest value.
    """

    def __init__(self, per_class: int = 1, seed: int = 0) -> None:
        check_selection("warps", per_class, seed)
        self.per_class = per_class
        self.seed = seed

    def check(self, module: Classifier) -> None:
        """A net without a transformer is no mistake, so that one command serves every net."""

    def draw(self, module: Classifier, tested: Candidates, subtitle: str) -> Figure | None:
        """The page; None, and a line in the log, where the net has no spatial transformer."""
        shown = select_faces(tested, self.per_class, self.seed)
        warp = compute_warps(module, shown.images)
        if warp is None:
            log.info("pages.warps: left out, for the net has no spatial transformer (model=stn_cnn has one)")
            return None
        theta, size = warp.theta.double(), module.input.size
        corners = ((CORNERS.double() @ theta.transpose(1, 2) + 1) * size / 2).numpy()
        before, after = to_channels_last(shown.images.numpy()), to_channels_last(warp.faces.numpy())
        changes = [describe_warp(one.numpy()) for one in theta]
        return warped_faces(before, after, corners, shown.names, changes, subtitle)


def compute_warps(module: Classifier, images: Tensor) -> Warp | None:
    """The warps that the net's first spatial transformer chooses for images (K, channels, size, size) uint8.

    Each face itself is warped, around the mean that normalisation subtracts: what the transformer fills in with zeros
    has that grey. A mean image is not subtracted, for people could not read the difference.
    """
    transformers = (part for part in module.net.modules() if isinstance(part, SpatialTransformer))
    stn = next(transformers, None)
    if stn is None:
        return None
    mean = 255 * module.pixel_mean.float().mean(dim=(1, 2), keepdim=True)
    thetas, faces = [], []
    for some in iter_batches(images):
        seen = capture_activations(module, {"stn": stn}, some)["stn"].input
        with eval_mode(module):
            theta = stn.theta(seen)
            face = stn.warp(some.to(module.device).float() - mean, theta) + mean
        thetas.append(theta.float().cpu())
        faces.append(face.round().clamp(0, 255).to(torch.uint8).cpu())
    return Warp(torch.cat(thetas), torch.cat(faces))


def describe_warp(theta: npt.NDArray[np.float64]) -> str:
    """`zoom 1.08, 3.1° left`: how a face looks under a warp (2, 3), by the nearest turn and the root of its area."""
    (a, b), (c, d) = theta[:, :2]
    area = abs(a * d - b * c)
    if not area:
        return "no area"
    # a turn of the frame to the right shows the face turned to the left
    turn = round(math.degrees(math.atan2(c - b, a + d)), 1)
    side = "" if not turn else " left" if turn > 0 else " right"
    return f"zoom {1 / math.sqrt(area):.2f}, {abs(turn):.1f}°{side}"
