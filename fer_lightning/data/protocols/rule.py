"""What a protocol is asked, what it answers, and what each of them is and promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.errors import FerError

PAIRS = (("train", "val"), ("train", "test"), ("val", "test"))
VAL_SUBJECTS = 11  # paper A, section 5.1: of the group set aside 11 people validate

SplitRows = tuple[Integers, Integers, Integers]
"""Sorted rows that train, validate and test."""


@dataclass(frozen=True)
class Protocol:
    """Sorted index arrays into a FaceSet; what they may share is told by the rule of that name."""

    name: str
    train: Integers
    val: Integers
    test: Integers

    def splits(self) -> dict[str, Integers]:
        """The three arrays by the name of their stage."""
        return {"train": self.train, "val": self.val, "test": self.test}


@dataclass(frozen=True)
class Request:
    """What a user may say about a split.

    Attributes:
        fold: data.fold, from 0; for protocols with folds.
        num_folds: data.num_folds; None is the protocol's own number.
        seed: data.split_seed, of every random choice.
        val_subjects: data.val_subjects; how many people of the group set aside validate.
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
    """What a protocol keeps on one side; each level holds those before it."""

    NOTHING = 0
    IMAGES = 1
    PEOPLE = 2
    COPIES = 3


def lacks_nothing(faces: FaceSet) -> str:
    """For protocols that any data set can follow."""
    return ""


def accept_any_request(request: Request) -> None:
    """For protocols that can follow any request, or need the faces to say so."""


@dataclass(frozen=True)
class Rule:
    """One protocol.

    Attributes:
        make: the sides of labelled faces.
        lacks: what these faces lack for it, as words of an error message; "" when it can be followed.
        folds: whether data.fold chooses among several splits.
        num_folds: whether data.num_folds says how many.
        val_subjects: whether data.val_subjects is asked.
        check: refuses a request that no faces could follow, before any are read.
        apart: what no two sides share.
        filled: the sides that must have images.
        published: whether it follows the sides that the data name.
        teaches: whether its nets are to teach one of `official`: then no copy of an image that `official` holds out
            trains them either, where `data.exclude_copies` is set.
        val_tests: whether the validation images are the test images as well, so that no published test side is read.
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
        """The pairs of sides that `apart` is about."""
        return PAIRS[:2] if self.val_tests else PAIRS


def rotate_folds(home: Integers, fold: int) -> SplitRows:
    """Fold `fold` tests, the next one (the first after the last) validates, the others train; home (N,) is 0 to k-1."""
    test, val = home == fold, home == (fold + 1) % (int(home.max()) + 1)
    return np.flatnonzero(~(test | val)), np.flatnonzero(val), np.flatnonzero(test)


def check_fold(fold: int, k: int, way_out: str = "") -> None:
    """Raises FerError where there is no such fold among k."""
    if not 0 <= fold < k:
        raise FerError(f"data.fold={fold}: choose 0..{k - 1}{way_out}")
