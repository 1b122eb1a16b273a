"""Protocols that split all images at random: kfold, paper_c_kfold, kfold_images, holdout."""

from __future__ import annotations

import logging

import numpy as np

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.folds import assign_folds, cut_validation, group_inseparable
from fer_lightning.data.protocols.rule import Request, SplitRows, check_fold, rotate_folds
from fer_lightning.errors import FerError

log = logging.getLogger(__name__)

KFOLD = 3  # paper C, section IV, cross-validates FER2013 over three
LEAST_FOLDS = 3  # one fold tests, the next validates, the rest train
LEAST_FOLDS_WITHOUT_VAL = 2  # one fold tests, the rest train and give a tenth to validation
KFOLD_IMAGES = 10  # our choice: as many as subject_10fold, so that the two differ only in the subjects
PARTS = 10  # holdout divides the images into ten parts: seven train, one validates, two test
TEST_SHARE = 0.2


def kfold(faces: FaceSet, request: Request) -> SplitRows:
    """Folds that keep subjects and copies together."""
    k = kfold_number(request)
    return rotate_folds(assign_folds(group_inseparable(faces), faces.label, k, request.seed), request.fold)


def paper_c_kfold(faces: FaceSet, request: Request) -> SplitRows:
    """Folds as in `kfold`; one tests, the others train, except for a tenth of their images, which validates.

    Paper C, section IV.A, trains on two folds of three, 23,924 images, and has no validation images.
    """
    k = paper_c_kfold_number(request)
    groups = group_inseparable(faces)
    home = assign_folds(groups, faces.label, k, request.seed)
    rest = np.flatnonzero(home != request.fold)
    return *cut_validation(rest, groups[rest], faces.label[rest], request.seed), np.flatnonzero(home == request.fold)


def kfold_images(faces: FaceSet, request: Request) -> SplitRows:
    """Folds of single images, with the same face in several splits, as much of the literature splits CK+ and JAFFE."""
    k = kfold_images_number(request)
    return rotate_folds(assign_folds(np.arange(len(faces)), faces.label, k, request.seed), request.fold)


def holdout(faces: FaceSet, request: Request) -> SplitRows:
    """One split, 7 : 1 : 2, that keeps subjects and copies together; of fewer than ten groups in fewer parts."""
    groups = group_inseparable(faces)
    number = len(np.unique(groups))
    if number < 3:
        raise FerError(
            f"data.protocol=holdout: only {number} groups of images (people, copies) can be kept apart, and one each "
            "must train, validate and test: take more images, or data.protocol=kfold_images"
        )
    parts = min(PARTS, number)
    tests = round(parts * TEST_SHARE)
    if parts < PARTS:
        way_out = "" if faces.subject is None else "; data.protocol=leave_one_subject_out tests each person in turn"
        log.warning(
            "data.protocol=holdout: %d groups of images (people, copies) can be kept apart: %d train, 1 validates, "
            "%d test%s",
            *(number, parts - tests - 1, tests, way_out),
        )
    home = assign_folds(groups, faces.label, parts, request.seed)
    return np.flatnonzero(home > tests), np.flatnonzero(home == tests), np.flatnonzero(home < tests)


def kfold_number(request: Request) -> int:
    """How many folds `kfold` makes; raises FerError where that is too few, or lacks the fold."""
    return _resolve_num_folds(request, KFOLD, LEAST_FOLDS)


def paper_c_kfold_number(request: Request) -> int:
    """As `kfold_number`, for `paper_c_kfold`."""
    return _resolve_num_folds(request, KFOLD, LEAST_FOLDS_WITHOUT_VAL)


def kfold_images_number(request: Request) -> int:
    """As `kfold_number`, for `kfold_images`."""
    return _resolve_num_folds(request, KFOLD_IMAGES, LEAST_FOLDS)


def _resolve_num_folds(request: Request, default: int, least: int) -> int:
    k = default if request.num_folds is None else request.num_folds
    if k < least:
        validates = "the next validates, the rest train" if least == LEAST_FOLDS else "the rest train"
        raise FerError(f"data.num_folds={k}: choose {least} or more, for one fold tests, {validates}")
    check_fold(request.fold, k, ", or raise data.num_folds")
    return k
