"""Selects the rows of a FaceSet that train, validate and test: the wanted classes under a named protocol."""

from __future__ import annotations

import logging
import re
import shlex
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fer_lightning.data.duplicates import find_exact_copies, find_near_copies
from fer_lightning.data.expressions import relabel
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.folds import stratified_sample
from fer_lightning.data.names import plain_text
from fer_lightning.data.protocols import PROTOCOLS, Protocol, Request, apply_protocol
from fer_lightning.data.protocols.published import map_published_splits
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

EXCLUSIONS = ("none", "exact", "near")
VALUES = ("true", "false", "null", "nan", "inf")  # words that the command line does not read as text
PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)  # a name that needs no quotes on the command line


def select(faces: FaceSet, class_names: Sequence[str], protocol: str, request: Request) -> tuple[Integers, Protocol]:
    """Labels (N,) as indices into `class_names` (-1 for other classes), and the rows of each split without those.

    Args:
        faces: cropped faces before a model's preprocessing, in whose pixels exact copies are found.
        class_names: the wanted classes, in the order of the labels.
        protocol: a name of `protocols.PROTOCOLS`, or `auto`.
        request: fold, number of folds, seed of the split.

    Raises:
        FerError: the data lack a class, or a split is left without images.
    """
    class_names = [plain_text(name) for name in class_names]
    unknown = [name for name in class_names if name not in faces.class_names]
    if unknown:
        raise FerError(
            f"data.class_names: no {choices(unknown)} here; all that are here: {format_override(faces.class_names)}"
        )
    label = relabel(faces.label, faces.class_names, class_names)
    wanted = label >= 0
    if not wanted.all():
        whose = sorted(set(faces.label[~wanted].tolist()))
        left_out = choices([faces.class_names[number] if number >= 0 else "unlabelled" for number in whose])
        log.info("left out: %d images (%s)", (~wanted).sum(), left_out)
    # the split is made before classes are left out, so that it is the same for any choice of classes
    whole = apply_protocol(faces, protocol, request)
    kept = {stage: rows[wanted[rows]] for stage, rows in whole.splits().items()}
    for stage, rows in kept.items():
        if not len(rows) and len(whole.splits()[stage]):
            raise FerError(f"data.class_names={list(class_names)} leave no image to {stage}")
    return label, Protocol(whole.name, **kept)


def format_override(class_names: Sequence[str]) -> str:
    """The override of these classes as it is typed in a shell."""

    def quoted(name: str) -> str:
        escaped = name.replace('"', '\\"')
        return name if PLAIN.fullmatch(name) and name.lower() not in VALUES else f'"{escaped}"'

    typed = map(quoted, class_names)
    return shlex.quote(f"data.class_names=[{','.join(typed)}]")


def check_limit(max_train_images: int | None) -> None:
    """Raises FerError if less than one image would train."""
    if max_train_images is not None and max_train_images < 1:
        raise FerError(f"data.max_train_images={max_train_images}: choose 1 or more, or null for all")


def limit_training_images(protocol: Protocol, label: Integers, max_train_images: int | None, seed: int) -> Protocol:
    """The protocol with at most `max_train_images` training images, stratified by class; None keeps all."""
    train = protocol.train
    if max_train_images is not None and max_train_images < len(train):
        train = train[stratified_sample(label[train], max_train_images, seed)]
    return replace(protocol, train=train)


def check_trains(protocol: Protocol, label: Integers, class_names: Sequence[str], max_train_images: int | None) -> None:
    """Raises FerError if a class has no training image."""
    missing = sorted(set(range(len(class_names))) - set(label[protocol.train].tolist()))
    if missing:
        names = choices(class_names[number] for number in missing)
        way_out = "leave it out" if max_train_images is None else "raise data.max_train_images"
        raise FerError(f"data.class_names: the training split has no image of {names}; {way_out}")


def check_exclusion(how: str) -> None:
    """Raises FerError for an unknown choice."""
    if how not in EXCLUSIONS:
        raise FerError(f"data.exclude_copies={how}: choose among {choices(EXCLUSIONS, how)}")


def exclude_copies(faces: FaceSet, protocol: Protocol, how: str) -> Protocol:
    """The protocol without the training images that have a copy in validation or test.

    Of a protocol whose nets teach others, without those that have one on a side that is held out from all of them.

    Args:
        faces: cropped faces before a model's preprocessing.
        protocol: the split.
        how: `none`, `exact`, or `near`, which includes exact copies.

    Raises:
        FerError: no training image is left.
    """
    if how == "none" or not len(protocol.train):
        return protocol
    held_out = np.union1d(protocol.val, protocol.test)
    if PROTOCOLS[protocol.name].teaches and faces.split is not None:
        held_out = np.union1d(held_out, np.flatnonzero(np.isin(map_published_splits(faces.split), ("val", "test"))))
    copied = find_exact_copies(faces, protocol.train, held_out)
    if how == "near":
        copied = find_near_copies(faces, protocol.train, held_out, copied)
    if copied.all():
        raise FerError(f"data.exclude_copies={how} leaves no training image: each has a copy in validation or test")
    log.info("data.exclude_copies=%s: %d of %d training images left out", how, copied.sum(), len(copied))
    return replace(protocol, train=protocol.train[~copied])
