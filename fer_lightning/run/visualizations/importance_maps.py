"""The page of importance maps: what a net loses when a patch of the face is blanked."""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure
from torch import Tensor

from fer_lightning.errors import FerError, choices
from fer_lightning.results.figures.importance import importance_maps
from fer_lightning.run.artifacts.preprocessing_trace import to_channels_last
from fer_lightning.run.visualizations.forward_hooks import BATCH
from fer_lightning.run.visualizations.sample_selection import Candidates, check_selection, select_faces
from fer_lightning.training.classifier import Classifier
from fer_lightning.training.eval_mode import eval_mode

FILLS = ("mean", "black")


class Importance(NamedTuple):
    """What blanking does to the answer for one face.

    Attributes:
        drop: (size, size) float64, how much of the true class's probability is lost, -1..1: at each pixel the mean over
            the patches that cover it.
        probability: of the true class, of the whole face.
        lowest: of the true class, under the patch that costs most.
        answer: the class that the whole face is given.
    """

    drop: npt.NDArray[np.float64]
    probability: float
    lowest: float
    answer: int


class ImportanceMaps:
    """Draws which region of a face matters: a blank patch slides over it, and the true class's probability falls.

    Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014, section 4.2; paper D names,
    of Minaee and Abdolrashidi 2019, a picture of important regions "based on the classifier's output". Faces that the
    net answers correctly are preferred: of a wrong answer there is little to lose.

    Args:
        patch: side of the square patch, as a share of the face's side, above 0 and below 1.
        step: pixels from one position to the next; None is a quarter of the patch, at least 1. The last position of a
            row or column ends at the face's edge.
        fill: `mean` is what normalisation makes zero, pixel by pixel where it subtracts a mean image; `black` is 0.
        per_class: faces of each class.
        seed: of the choice of faces.

    Raises:
        FerError: a value is out of its range.
    """

    def __init__(
        self, patch: float = 0.2, step: int | None = None, fill: str = "mean", per_class: int = 1, seed: int = 0
    ) -> None:
        if not 0 < patch < 1:
            raise FerError(
                f"pages.importance.patch={patch}: choose a share of the face's side above 0 and below 1, such as 0.2"
            )
        if step is not None and step < 1:
            raise FerError(f"pages.importance.step={step}: choose 1 pixel or more, or null for a quarter of the patch")
        if fill not in FILLS:
            raise FerError(f"pages.importance.fill={fill}: choose among {choices(FILLS, fill)}")
        check_selection("importance", per_class, seed)
        self.patch = patch
        self.step = step
        self.fill = fill
        self.per_class = per_class
        self.seed = seed

    def check(self, module: Classifier) -> None:
        """Raises FerError where the positions of the patch would leave pixels of the net's input uncovered."""
        patch, step = self._pixels(module.input.size)
        if step > patch:
            raise FerError(
                f"pages.importance.step={step}: a patch of {patch} of {module.input.size} pixels would leave gaps; "
                f"choose 1 to {patch}, or a larger pages.importance.patch"
            )

    def draw(self, module: Classifier, tested: Candidates, subtitle: str) -> Figure:
        """The page, with the mean over its faces last.

        Raises:
            FerError: as `check`.
        """
        self.check(module)
        size = module.input.size
        patch, step = self._pixels(size)
        shown = select_faces(tested, self.per_class, self.seed, right_first=True)
        blank = _make_blank(module, self.fill)
        found = [
            compute_importance(module, image, label, patch, step, blank)
            for image, label in zip(shown.images, shown.label.tolist(), strict=True)
        ]
        captions = []
        for one, label, name in zip(found, shown.label.tolist(), shown.names, strict=True):
            taken = "" if one.answer == label else f", taken for {tested.class_names[one.answer]}"
            captions.append(((name, f"{100 * one.probability:.1f} %{taken}"), f"down to {100 * one.lowest:.1f} %"))
        how = _describe_method(size, patch, step, self.fill)
        return importance_maps(
            to_channels_last(shown.images.numpy()), np.stack([one.drop for one in found]), captions, subtitle, how
        )

    def _pixels(self, size: int) -> tuple[int, int]:
        """Side of the patch and step, for faces of this side."""
        patch = max(1, round(self.patch * size))
        return patch, self.step or max(1, patch // 4)


def compute_importance(
    module: Classifier, image: Tensor, label: int, patch: int, step: int, blank: Tensor
) -> Importance:
    """Blanks a patch at every place of one face.

    Args:
        module: what answers; a test on the mirror image too counts as it does in a test.
        image: (channels, size, size) uint8.
        label: the true class, in the order of the module's answers.
        patch: side of the patch in pixels, 1 to size.
        step: pixels from one place to the next, 1 to patch.
        blank: (channels, size, size) uint8, what stands in the patch.
    """
    size = image.shape[-1]
    places = list(product(_list_positions(size, patch, step), repeat=2))
    whole = _predict(module, image[None])[0]
    lost, covered = np.zeros((size, size)), np.zeros((size, size))
    lowest = 1.0
    for first in range(0, len(places), BATCH):
        some = places[first : first + BATCH]
        blanked = image.repeat(len(some), 1, 1, 1)
        for one, (y, x) in zip(blanked, some, strict=True):
            one[:, y : y + patch, x : x + patch] = blank[:, y : y + patch, x : x + patch]
        left = _predict(module, blanked)[:, label]
        lowest = min(lowest, float(left.min()))
        for (y, x), probability in zip(some, left.tolist(), strict=True):
            lost[y : y + patch, x : x + patch] += float(whole[label]) - probability
            covered[y : y + patch, x : x + patch] += 1
    return Importance(lost / covered, float(whole[label]), lowest, int(whole.argmax()))


def _describe_method(size: int, patch: int, step: int, fill: str) -> str:
    filled = "the training mean" if fill == "mean" else "black"
    places, pixels = len(_list_positions(size, patch, step)) ** 2, "pixel" if step == 1 else "pixels"
    return (
        f"A patch of {patch} x {patch} pixels, of {size} x {size}, filled with {filled}, stood at {places} places, "
        f"{step} {pixels} apart. Below stand the probability of the true class, and what the worst place leaves of it."
    )


def _list_positions(size: int, patch: int, step: int) -> list[int]:
    return [*range(0, size - patch, step), size - patch]


def _predict(module: Classifier, images: Tensor) -> Tensor:
    with eval_mode(module):
        return module.scores(images.to(module.device)).double().softmax(dim=1).cpu()


def _make_blank(module: Classifier, fill: str) -> Tensor:
    """(channels, size, size) uint8; the mean to the nearest grey level, for the net takes whole ones."""
    spec = module.input
    empty = torch.zeros(spec.channels, spec.size, spec.size, dtype=torch.uint8)
    if fill == "black":
        return empty
    return empty + module.pixel_mean.cpu().float().mul(255).round().clamp(0, 255).to(torch.uint8)
