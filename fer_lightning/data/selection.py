"""Picks the rows of a FaceSet that train, validate and test: the wanted classes under a named protocol."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from fer_lightning.data.expressions import relabel
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.folds import stratified_part
from fer_lightning.data.protocols import Protocol, Request, choose
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)


def select(
    faces: FaceSet, class_names: Sequence[str], protocol: str, request: Request, max_train_images: int | None = None
) -> tuple[Integers, Protocol]:
    """Labels (N,) counted in `class_names` (-1 for other classes), and the rows of each side without those.

    Args:
        faces: as read, before preprocessing: exact copies are found in these pixels.
        class_names: the wanted classes, in the order in which the labels count them.
        protocol: a name of `protocols.PROTOCOLS`.
        request: fold, number of folds, seed of the split.
        max_train_images: keep this many training images, each class in its share; None keeps all.

    Raises:
        FerError: a class that the data lack, or a side that is left without images or a class.
    """
    unknown = [name for name in class_names if name not in faces.class_names]
    if unknown:
        raise FerError(f"data.class_names: no {choices(unknown)} here; this data set has {choices(faces.class_names)}")
    label = relabel(faces.label, faces.class_names, class_names)
    wanted = label >= 0
    if not wanted.all():
        left_out = [name for name in faces.class_names if name not in class_names]
        log.info("left out: %d images (%s)", (~wanted).sum(), choices([*left_out, "unlabelled"]))
    # the split is made before classes are left out, so that it is the same for any choice of classes
    whole = choose(faces, protocol, request)
    kept = {stage: rows[wanted[rows]] for stage, rows in whole.sides().items()}
    for stage, rows in kept.items():
        if not len(rows):
            raise FerError(f"data.class_names={list(class_names)} leave no image to {stage}")
    kept["train"] = _fewer(kept["train"], label, max_train_images, request.seed)
    missing = sorted(set(range(len(class_names))) - set(label[kept["train"]].tolist()))
    if missing:
        names = choices(class_names[number] for number in missing)
        way_out = "leave it out" if max_train_images is None else "raise data.max_train_images"
        raise FerError(f"data.class_names: the training side has no image of {names}; {way_out}")
    return label, Protocol(whole.name, **kept)


def _fewer(rows: Integers, label: Integers, limit: int | None, seed: int) -> Integers:
    if limit is None or limit >= len(rows):
        return rows
    if limit < 1:
        raise FerError(f"data.max_train_images={limit}: choose 1 or more, or null for all")
    return rows[stratified_part(label[rows], limit, seed)]
