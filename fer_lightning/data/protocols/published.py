"""Protocols that follow the published split of a data set, duplicates included."""

from __future__ import annotations

import logging

import numpy as np

from fer_lightning.data.faces import FaceSet, Integers, Strings
from fer_lightning.data.folds import assign_folds, cut_validation, group_inseparable, stratified_sample
from fer_lightning.data.protocols.rule import Request, SplitRows, check_fold
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

SPLIT_WORDS = {"train": ("Training", "train"), "val": ("PublicTest", "val"), "test": ("PrivateTest", "test")}
QUARTERS = 4
TRAIN_KFOLD = 2  # the fewest folds that let every training image be tested by a net that it did not train


def map_published_splits(split: Strings) -> Strings:
    """(N,) `train`, `val` or `test` for the publishers' words (N,); "" for words that name no split."""
    side = np.full(split.shape, "", dtype="<U5")
    for name, words in SPLIT_WORDS.items():
        side[np.isin(split, words)] = name
    return side


def lacks_official(faces: FaceSet) -> str:
    """Words of an error message if no training split is published, or no other one; else ""."""
    return _lacks_one_of(faces, "train") or _lacks_one_of(faces, "val", "test")


def lacks_train(faces: FaceSet) -> str:
    """Words of an error message if no training split is published, else ""."""
    return _lacks_one_of(faces, "train")


def lacks_paper_a(faces: FaceSet) -> str:
    """Words of an error message if no training split is published, or no PrivateTest; else ""."""
    if faces.split is not None and "PrivateTest" not in faces.split:
        return "this data set has no published split PrivateTest"
    return _lacks_one_of(faces, "train")


def lacks_paper_c(faces: FaceSet) -> str:
    """Words of an error message if no training split is published, or no test split; else ""."""
    return _lacks_one_of(faces, "train") or _lacks_one_of(faces, "test")


def official(faces: FaceSet, request: Request) -> SplitRows:
    """The published split; without a validation split a tenth of the training images validates."""
    train, val, test = (_rows_of(faces, side) for side in SPLIT_WORDS)
    if len(val) and not len(test):
        log.warning("no test split is published: the validation split tests, a tenth of the training images validates")
        return *_cut_validation(faces, train, request.seed), val
    if not len(val):
        assert faces.split is not None
        word = SPLIT_WORDS["val"][0 if "PrivateTest" in faces.split else 1]
        log.warning("these files do not say what is %s: a tenth of the training images validates instead", word)
        return *_cut_validation(faces, train, request.seed), test
    return train, val, test


def paper_a(faces: FaceSet, request: Request) -> SplitRows:
    """Paper A, 5.1: the original test set is cut into 1,196 for validation and 2,393 for testing: 1/3 and 2/3."""
    private = np.flatnonzero(faces.split == "PrivateTest")
    third = np.zeros(len(private), dtype=bool)
    third[stratified_sample(faces.label[private], len(private) // 3, request.seed)] = True
    return _rows_of(faces, "train"), private[third], private[~third]


def paper_c(faces: FaceSet, request: Request) -> SplitRows:
    """Paper C, section IV: 28,709 training images, and 7,178 test images, which are all others.

    The paper has no validation images; here a tenth of the training images validates.
    """
    test = np.sort(np.concatenate([_rows_of(faces, "val"), _rows_of(faces, "test")]))
    return *_cut_validation(faces, _rows_of(faces, "train"), request.seed), test


def train_quarter(faces: FaceSet, request: Request) -> SplitRows:
    """Quarter `fold` of the training split trains, the other three validate and test.

    For choosing a recipe: an accuracy on 21,500 images of FER2013 is known to 0.3 points, and neither PublicTest nor
    PrivateTest is read.
    """
    fold, train = train_quarter_number(request), _rows_of(faces, "train")
    part = faces.take(train, f"{faces.fingerprint} train")
    home = assign_folds(group_inseparable(part), part.label, QUARTERS, request.seed)
    held_out = train[home != fold]
    return train[home == fold], held_out, held_out


def train_quarter_number(request: Request) -> int:
    """The quarter that trains; raises FerError if it does not exist."""
    check_fold(request.fold, QUARTERS)
    return request.fold


def train_kfold(faces: FaceSet, request: Request) -> SplitRows:
    """Of the training images of `official`, fold `fold` tests and the others train; its validation split validates.

    For cross-fitted predictions: over all folds each training image is tested once, by a net that was trained on
    neither it nor a copy of it, and the published test split is not read.
    """
    k = train_kfold_number(request)
    train, val, _ = official(faces, request)
    part = faces.take(train, f"{faces.fingerprint} train")
    home = assign_folds(group_inseparable(part), part.label, k, request.seed)
    return train[home != request.fold], val, train[home == request.fold]


def train_kfold_number(request: Request) -> int:
    """How many folds `train_kfold` makes; raises FerError where that is too few, or lacks the fold."""
    k = TRAIN_KFOLD if request.num_folds is None else request.num_folds
    if k < TRAIN_KFOLD:
        raise FerError(f"data.num_folds={k}: choose {TRAIN_KFOLD} or more, for one fold tests and the rest train")
    check_fold(request.fold, k, ", or raise data.num_folds")
    return k


def _cut_validation(faces: FaceSet, train: Integers, seed: int) -> tuple[Integers, Integers]:
    """A stratified tenth taken out of the training split, people and copies whole; one of them where they are fewer."""
    part = faces.take(train, f"{faces.fingerprint} train")
    return cut_validation(train, group_inseparable(part), part.label, seed)


def _lacks_one_of(faces: FaceSet, *sides: str) -> str:
    if faces.split is None:
        return "this data set has no published split"
    if any(len(_rows_of(faces, side)) for side in sides):
        return ""
    known = choices(word for side in sides for word in SPLIT_WORDS[side])
    return f"this data set has no published split {known} (it says {choices(np.unique(faces.split)[:5])})"


def _rows_of(faces: FaceSet, side: str) -> Integers:
    assert faces.split is not None
    return np.flatnonzero(map_published_splits(faces.split) == side)
