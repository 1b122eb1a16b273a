"""The request for a split, the resulting index arrays, and the rule that defines a protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.errors import FerError

PAIRS = (("train", "val"), ("train", "test"), ("val", "test"))
VAL_SUBJECTS = 11  # paper A, section 5.1: 11 subjects of the group that is set aside validate

SplitRows = tuple[Integers, Integers, Integers]
"""Sorted rows of train, val and test."""


@dataclass(frozen=True)
class Protocol:
    """Sorted index arrays into a FaceSet; the rule of that name says what they may share."""

    name: str
    train: Integers
    val: Integers
    test: Integers

    def splits(self) -> dict[str, Integers]:
        """The three arrays by name: train, val, test."""
        return {"train": self.train, "val": self.val, "test": self.test}


@dataclass(frozen=True)
class Request:
    """The choices of a user about a split.

    Attributes:
        fold: data.fold, from 0; for protocols with folds.
        num_folds: data.num_folds; None takes the protocol's default.
        seed: data.split_seed, the seed of every random choice.
        val_subjects: data.val_subjects, the number of subjects of the group set aside that validate.
    """

    fold: int = 0
    num_folds: int | None = None
    seed: int = 0
    val_subjects: int = VAL_SUBJECTS

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise FerError(f"data.split_seed={self.seed}: choose a whole number from 0 to {2**32 - 1}")
        if self.val_subjects < 1:
            raise FerError(f"data.val_subjects={self.val_subjects}: choose 1 or more, for somebody must validate")


class Apart(IntEnum):
    """What the splits of a protocol do not share; each level includes those before it."""

    NOTHING = 0
    IMAGES = 1
    PEOPLE = 2
    COPIES = 3


def lacks_nothing(faces: FaceSet) -> str:
    """For protocols that apply to any data set."""
    return ""


def accept_any_request(request: Request) -> None:
    """For protocols that accept any request, or need the faces to check it."""


@dataclass(frozen=True)
class Rule:
    """One protocol.

    Attributes:
        make: splits labelled faces.
        lacks: what the faces lack for the protocol, as words of an error message; "" if it applies.
        folds: whether data.fold chooses one of several splits.
        num_folds: whether data.num_folds sets their number.
        val_subjects: whether data.val_subjects applies.
        check: refuses a request that is invalid for any faces, before they are read.
        apart: what no two splits share.
        filled: the splits that must not be empty.
        published: whether it follows the published split.
        teaches: whether its nets teach one of `official`: then, if `data.exclude_copies` is set, no copy of an image
            that `official` holds out trains them.
        val_tests: whether the validation images are the test images as well, so that no published test split is read.
    """

    make: Callable[[FaceSet, Request], SplitRows]
    lacks: Callable[[FaceSet], str] = lacks_nothing
    folds: bool = False
    num_folds: bool = False
    val_subjects: bool = False
    check: Callable[[Request], object] = accept_any_request
    apart: Apart = Apart.COPIES
    filled: tuple[str, ...] = ("train", "val", "test")
    teaches: bool = False
    val_tests: bool = False
    published: bool = False

    @property
    def apart_pairs(self) -> tuple[tuple[str, str], ...]:
        """The pairs of splits to which `apart` applies."""
        return PAIRS[:2] if self.val_tests else PAIRS


def rotate_folds(home: Integers, fold: int) -> SplitRows:
    """Fold `fold` tests, the next one (cyclically) validates, the others train; home (N,) is the fold of each image."""
    test, val = home == fold, home == (fold + 1) % (int(home.max()) + 1)
    return np.flatnonzero(~(test | val)), np.flatnonzero(val), np.flatnonzero(test)


def check_fold(fold: int, k: int, way_out: str = "") -> None:
    """Raises FerError unless the fold is one of k."""
    if not 0 <= fold < k:
        raise FerError(f"data.fold={fold}: choose 0..{k - 1}{way_out}")
