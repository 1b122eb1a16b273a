"""Leaves out training images that have a copy in validation or test, and finds test images that have one in train."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from fer_lightning.data.copies import copy_groups
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.images import Rows
from fer_lightning.data.near_copies import Booleans, closest, has_copy, has_near_copy, thumbnails
from fer_lightning.data.protocols import Protocol
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

EXCLUSIONS = ("none", "exact", "near")


def check_exclusion(how: str) -> None:
    """Raises FerError for an unknown choice."""
    if how not in EXCLUSIONS:
        raise FerError(f"data.exclude_copies={how}: choose among {choices(EXCLUSIONS, how)}")


def without_copies(faces: FaceSet, protocol: Protocol, how: str) -> Protocol:
    """The protocol without the training images that have a copy in validation or test.

    Args:
        faces: before a model's preprocessing.
        protocol: as published.
        how: `none` leaves it as it is; `exact`; `near`, which includes exact copies.

    Raises:
        FerError: no training image is left.
    """
    if how == "none" or not len(protocol.train):
        return protocol
    held_out = np.union1d(protocol.val, protocol.test)
    copied = exact_copies(faces, protocol.train, held_out)
    if how == "near":
        copied = near_copies(faces, protocol.train, held_out, copied)
    if copied.all():
        raise FerError(f"data.exclude_copies={how} leaves no training image: each has a copy in validation or test")
    log.info("data.exclude_copies=%s: %d of %d training images left out", how, copied.sum(), len(copied))
    return replace(protocol, train=protocol.train[~copied])


def exact_copies(faces: FaceSet, rows: Integers, others: Integers) -> Booleans:
    """(Q,) whether each of the images `rows` has an exact copy among `others`."""
    groups = copy_groups(faces)
    return has_copy(groups[rows], groups[others])


def near_copies(faces: FaceSet, rows: Integers, others: Integers, exact: Booleans) -> Booleans:
    """(Q,) whether each of the images `rows` has a near copy among `others`; `exact` (Q,) ones are near copies."""
    found = closest(thumbnails(Rows(faces.pixels, rows)), thumbnails(Rows(faces.pixels, others)))
    return has_near_copy(found, exact)
