"""Picks the rows of a FaceSet that train, validate and test: the wanted classes under a named protocol."""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace

from fer_lightning.data.expressions import relabel
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.folds import stratified_part
from fer_lightning.data.names import plain_text
from fer_lightning.data.protocols import Protocol, Request, choose
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

VALUES = ("true", "false", "null", "nan", "inf")  # words that the command line takes for something else than text
PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)  # a name that the command line takes without quotes


def select(faces: FaceSet, class_names: Sequence[str], protocol: str, request: Request) -> tuple[Integers, Protocol]:
    """Labels (N,) counted in `class_names` (-1 for other classes), and the rows of each side without those.

    Args:
        faces: as located, before a model's preprocessing: exact copies are found in these pixels.
        class_names: the wanted classes, in the order in which the labels count them.
        protocol: a name of `protocols.PROTOCOLS`, or `auto`.
        request: fold, number of folds, seed of the split.

    Raises:
        FerError: a class that the data lack, or a side that is left without images.
    """
    class_names = [plain_text(name) for name in class_names]
    unknown = [name for name in class_names if name not in faces.class_names]
    if unknown:
        raise FerError(
            f"data.class_names: no {choices(unknown)} here; all that are here: {override(faces.class_names)}"
        )
    label = relabel(faces.label, faces.class_names, class_names)
    wanted = label >= 0
    if not wanted.all():
        whose = sorted(set(faces.label[~wanted].tolist()))
        left_out = choices([faces.class_names[number] if number >= 0 else "unlabelled" for number in whose])
        log.info("left out: %d images (%s)", (~wanted).sum(), left_out)
    # the split is made before classes are left out, so that it is the same for any choice of classes
    whole = choose(faces, protocol, request)
    kept = {stage: rows[wanted[rows]] for stage, rows in whole.sides().items()}
    for stage, rows in kept.items():
        if not len(rows) and len(whole.sides()[stage]):
            raise FerError(f"data.class_names={list(class_names)} leave no image to {stage}")
    return label, Protocol(whole.name, **kept)


def override(class_names: Sequence[str]) -> str:
    """The classes as they are typed in a shell."""

    def quoted(name: str) -> str:
        escaped = name.replace('"', '\\"')
        return name if PLAIN.fullmatch(name) and name.lower() not in VALUES else f'"{escaped}"'

    typed = map(quoted, class_names)
    return shlex.quote(f"data.class_names=[{','.join(typed)}]")


def check_limit(max_train_images: int | None) -> None:
    """Raises FerError where less than one image would train."""
    if max_train_images is not None and max_train_images < 1:
        raise FerError(f"data.max_train_images={max_train_images}: choose 1 or more, or null for all")


def fewer(protocol: Protocol, label: Integers, max_train_images: int | None, seed: int) -> Protocol:
    """The protocol with at most so many training images (1 or more), each class in its share; None keeps all."""
    train = protocol.train
    if max_train_images is not None and max_train_images < len(train):
        train = train[stratified_part(label[train], max_train_images, seed)]
    return replace(protocol, train=train)


def check_trains(protocol: Protocol, label: Integers, class_names: Sequence[str], max_train_images: int | None) -> None:
    """Raises FerError where a class has no training image."""
    missing = sorted(set(range(len(class_names))) - set(label[protocol.train].tolist()))
    if missing:
        names = choices(class_names[number] for number in missing)
        way_out = "leave it out" if max_train_images is None else "raise data.max_train_images"
        raise FerError(f"data.class_names: the training side has no image of {names}; {way_out}")
