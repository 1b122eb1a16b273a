"""Subject-independent protocols: subject_8fold, subject_10fold, leave_one_subject_out."""

from __future__ import annotations

import logging

import numpy as np

from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.folds import assign_folds, group_inseparable
from fer_lightning.data.protocols.rule import Request, SplitRows, check_fold, rotate_folds
from fer_lightning.errors import FerError

log = logging.getLogger(__name__)


def lacks_subjects(faces: FaceSet) -> str:
    """Words of an error message if the subject of an image is unknown, else ""."""
    if faces.subject is None:
        return (
            "this data set does not say who is in an image (with data=folder a group (?P<subject>...) of "
            "data.faces.pattern does, or a manifest's column subject)"
        )
    unknown = int((faces.subject == "").sum())
    return f"{unknown} of {len(faces)} labelled images do not say who is in them" if unknown else ""


def check_fold_of_8(request: Request) -> None:
    """Raises FerError if `subject_8fold` has no such fold."""
    check_fold(request.fold, 8)


def check_fold_of_10(request: Request) -> None:
    """As `one_of_8`, for `subject_10fold`."""
    check_fold(request.fold, 10)


def subject_8fold(faces: FaceSet, request: Request) -> SplitRows:
    """Paper A, 5.1, CK+: of eight groups of subjects one is set aside and the seven others train.

    `request.val_subjects` subjects of the group set aside, drawn by the seed, validate and the others test.
    """
    person, home = _group_subjects(faces, "subject_8fold", 8, request.seed)
    aside = home == request.fold
    people = np.unique(person[aside])
    if len(people) <= request.val_subjects:
        most = len(np.unique(person)) // 8 - 1  # what the smallest group allows, so that every fold runs alike
        held = "1 person" if len(people) == 1 else f"{len(people)} people"
        way_out = f"choose data.val_subjects={most}" + " or fewer" * (most > 1)
        raise FerError(
            f"data.val_subjects={request.val_subjects}: group {request.fold} has {held}, and one of them "
            f"must test: {way_out if most else 'choose data.protocol=leave_one_subject_out'}; data.protocol=test_only "
            "tests all of them"
        )
    drawn = np.random.RandomState([request.seed, request.fold]).permutation(people)[: request.val_subjects]
    val = np.isin(person, drawn)
    return np.flatnonzero(~aside), np.flatnonzero(val), np.flatnonzero(aside & ~val)


def subject_10fold(faces: FaceSet, request: Request) -> SplitRows:
    """Ten groups of subjects: one tests, the next validates, the others train."""
    return rotate_folds(_group_subjects(faces, "subject_10fold", 10, request.seed)[1], request.fold)


def leave_one_subject_out(faces: FaceSet, request: Request) -> SplitRows:
    """In the sorted order of names, subject `request.fold` tests, the next validates, the others train."""
    person = _number_subjects(faces)
    number = int(person.max()) + 1
    if number < 3:
        raise FerError(
            f"data.protocol=leave_one_subject_out: {number} people are too few, for one tests, one validates and the "
            "rest train; take more images, or data.protocol=kfold_images"
        )
    check_fold(request.fold, number)
    return rotate_folds(person, request.fold)


def _group_subjects(faces: FaceSet, protocol: str, k: int, seed: int) -> tuple[Integers, Integers]:
    """(N,) the subject of each image, and (N,) the subject's group of k."""
    person = _number_subjects(faces)
    number = int(person.max()) + 1
    if number < k:
        raise FerError(
            f"data.protocol={protocol}: {number} people are too few for {k} groups; choose "
            "data.protocol=leave_one_subject_out, or kfold with a smaller data.num_folds"
        )
    return person, assign_folds(person, faces.label, k, seed, even=True)


def _number_subjects(faces: FaceSet) -> Integers:
    """(N,) number of the subject, from 0; subjects who share a copy of an image count as one."""
    assert faces.subject is not None
    person = group_inseparable(faces)
    named, number = len(np.unique(faces.subject)), int(person.max()) + 1
    if number < named:
        log.warning("people who share an exact copy stay together and count as one: %d people are %d", named, number)
    return person
