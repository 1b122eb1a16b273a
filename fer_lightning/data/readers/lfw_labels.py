"""Gives pictures of LFW, which has no expression labels, those of a CSV file or of a trained net."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from fer_lightning.data.expressions import expression, relabel
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.readers.archives import open_text
from fer_lightning.data.readers.csv_rows import csv_rows
from fer_lightning.errors import FerError, choices

Labeller = Callable[[FaceSet], tuple[Integers, npt.NDArray[np.float32], Sequence[str]]]


class Labels(Protocol):
    """How pictures of LFW get expressions."""

    def candidates(self, lfw: FaceSet, class_names: tuple[str, ...], needed: int) -> FaceSet:
        """The pictures that may be drawn, labelled in `class_names` where labels are known before the draw.

        Raises:
            FerError: fewer than `needed`.
        """
        ...

    def finished(self, pictures: FaceSet, pool: FaceSet, seed: int) -> FaceSet:
        """The drawn pictures, all labelled, as they stand in the mix.

        Args:
            pictures: as drawn; `split` says on which side, the extra `digest` which are the same.
            pool: all of FER2013, with the same columns, and the extra `used`: whether an image is in the mix.
            seed: of random choices.
        """
        ...


@dataclass(frozen=True)
class FromCsv:
    """Labels of one's own: a CSV file with the columns `path` and `label`.

    Attributes:
        path: the file (also .gz .xz .zip). A row names a picture by its file name, such as Aaron_Eckhart_0001.jpg, or a
            path that ends with it, and an expression in any spelling.
    """

    path: str | None

    def __post_init__(self) -> None:
        if self.path is None or not Path(self.path).is_file():
            given = "null" if self.path is None else self.path
            raise FerError(f"data.faces.labels.path={given}: name a CSV file with the columns path,label")

    def candidates(self, lfw: FaceSet, class_names: tuple[str, ...], needed: int) -> FaceSet:
        """The pictures that the file labels.

        Raises:
            FerError: a malformed row (with its line), or too few rows.
        """
        assert self.path is not None
        place = {str(name).rsplit("/", 1)[-1]: row for row, name in enumerate(lfw.ids)}
        label = np.full(len(lfw), -1, dtype=np.int64)
        with open_text(Path(self.path), Path(self.path).stem) as lines:
            for where, (name, word) in csv_rows(lines, self.path, ("path", "label")):
                row = place.get(name.replace("\\", "/").rsplit("/", 1)[-1])
                if row is None:
                    raise FerError(f"{where}: LFW has no picture '{name[:100]}'; names are like {lfw.ids[0]}")
                if label[row] >= 0:
                    raise FerError(f"{where}: {name[:100]} has a label already; keep one of its rows")
                label[row] = _number(word, class_names, where)
        return _labelled(
            *(lfw, label, class_names, needed),
            f"{self.path} labels {{}} pictures, and data.faces.lfw_images={needed}: label more, or draw fewer; "
            "data=lfw_mixed and data=lfw_mixed_pseudo need no labels",
        )

    def finished(self, pictures: FaceSet, pool: FaceSet, seed: int) -> FaceSet:
        """The pictures as they are."""
        return pictures


@dataclass(frozen=True)
class Pseudo:
    """Labels by a trained net, where it is sure.

    Attributes:
        labeller: gives of N faces the labels (N,), the confidence of each (N,) from 0 to 1, and its class names.
        threshold: the least confidence; 0.9 is our choice, paper C says nothing of LFW's labels.
    """

    labeller: Labeller
    threshold: float = 0.9

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise FerError(f"data.faces.labels.threshold={self.threshold}: choose a confidence from 0 to 1")

    def candidates(self, lfw: FaceSet, class_names: tuple[str, ...], needed: int) -> FaceSet:
        """The pictures of which the net is sure, and sure of one of `class_names`.

        Raises:
            FerError: too few.
        """
        answers, confidence, names = self.labeller(lfw)
        known = relabel(np.asarray(answers, dtype=np.int64), names, class_names)
        return _labelled(
            *(lfw, np.where(confidence >= self.threshold, known, -1), class_names, needed),
            f"the net is sure (data.faces.labels.threshold={self.threshold}) of {{}} pictures of LFW, and "
            f"data.faces.lfw_images={needed}; lower one of them, or take a better checkpoint",
        )

    def finished(self, pictures: FaceSet, pool: FaceSet, seed: int) -> FaceSet:
        """The pictures as they are."""
        return pictures


def _number(word: str, class_names: tuple[str, ...], where: str) -> int:
    try:
        name = expression(word)
    except FerError as fault:
        raise FerError(f"{where}: {fault}") from fault
    if name not in class_names:
        raise FerError(
            f"{where}: '{name}' is no class of the mix; choose among {choices(class_names)}, or leave it out"
        )
    return class_names.index(name)


def _labelled(lfw: FaceSet, label: Integers, class_names: tuple[str, ...], needed: int, too_few: str) -> FaceSet:
    rows = np.flatnonzero(label >= 0)
    if len(rows) < needed:
        raise FerError(too_few.format(len(rows)))
    return replace(lfw, label=label, class_names=class_names).take(rows, lfw.fingerprint)
