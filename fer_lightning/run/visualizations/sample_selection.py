"""Selects the test faces of a page: some per class, by a seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from fer_lightning.data.faces import Integers
from fer_lightning.data.images import Pixels
from fer_lightning.errors import FerError


@dataclass(frozen=True)
class Candidates:
    """The N test images from which a page selects some.

    Attributes:
        images: from places (K,) in the test to their prepared images (K, channels, size, size) uint8.
        label: (N,) index into `class_names`.
        correct: (N,) whether the net answered with that class.
        class_names: C names, in the order of the net's answers.
    """

    images: Callable[[Integers], Pixels]
    label: Integers
    correct: npt.NDArray[np.bool_]
    class_names: Sequence[str]


class SelectedFaces(NamedTuple):
    """The K faces of a page, class by class.

    Attributes:
        images: (K, channels, size, size) uint8, as prepared.
        label: (K,) int64.
        names: the K names of their classes.
    """

    images: Tensor
    label: Tensor
    names: list[str]


def check_selection(page: str, per_class: int, seed: int) -> None:
    """Raises FerError if `per_class` or `seed` of `pages.<page>` is out of range."""
    if per_class < 1:
        raise FerError(f"pages.{page}.per_class={per_class}: choose 1 or more faces of each class")
    if seed < 0:
        raise FerError(f"pages.{page}.seed={seed}: choose 0 or more")


def select_faces(tested: Candidates, per_class: int, seed: int, right_first: bool = False) -> SelectedFaces:
    """Selects at most `per_class` faces per class; the same test and seed give the same faces.

    Args:
        tested: what to choose from.
        per_class: faces of a class, 1 or more.
        seed: another one shows other faces.
        right_first: prefer correctly classified faces.
    """
    chosen = []
    for number in range(len(tested.class_names)):
        # one generator per class: its faces do not depend on the other classes of the test
        order = np.random.default_rng([seed, number]).permutation(np.flatnonzero(tested.label == number))
        if right_first:
            order = order[np.argsort(~tested.correct[order], kind="stable")]
        chosen.append(order[:per_class])
    places = np.concatenate(chosen)
    label = tested.label[places]
    names = [tested.class_names[number] for number in label.tolist()]
    return SelectedFaces(torch.from_numpy(tested.images(places)), torch.from_numpy(label), names)
