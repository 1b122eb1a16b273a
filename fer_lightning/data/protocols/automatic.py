"""The protocol `auto`, and what a protocol does with sides that the data name, in one line of the log."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.protocols.published import published_side
from fer_lightning.data.protocols.rule import Protocol, Rule

log = logging.getLogger(__name__)

AUTO = "auto"
SHOWN = 5  # words for a split that a line counts


def official_or_holdout(faces: FaceSet) -> str:
    """`official` where the data name a training and a test side, else `holdout`; the log says which, and why."""
    split = np.array([]) if faces.split is None else faces.split
    known = set(published_side(split).tolist()) - {""}
    name = "official" if {"train", "test"} <= known else "holdout"
    if name == "official":
        log.info("data.protocol=%s is %s: the data name their sides, %s", AUTO, name, _counts(split))
    elif known:
        missing = " and no ".join(side for side in ("train", "test") if side not in known)
        log.warning(
            "data.protocol=%s is %s, for the data name no %s side: %s are pooled; data.protocol=official keeps sides "
            "where train and one other are named",
            *(AUTO, name, missing, _counts(split)),
        )
    else:
        log.info("data.protocol=%s is %s: the data name no sides", AUTO, name)
    return name


def tell_use_of_sides(faces: FaceSet, protocol: Protocol, rule: Rule) -> None:
    """Logs which named sides a protocol pools that draws its own, or which images it leaves out; else nothing."""
    if faces.split is None:
        return
    if not rule.published:
        log.info("protocol %s pools the sides that the data name: %s", protocol.name, _counts(faces.split))
        return
    unused = np.ones(len(faces), dtype=np.bool_)
    unused[np.concatenate(list(protocol.sides().values()))] = False
    if unused.any():
        log.info(
            "protocol %s leaves out %s images: %s", protocol.name, f"{unused.sum():,}", _counts(faces.split[unused])
        )


def _counts(split: npt.NDArray[np.str_]) -> str:
    words, numbers = np.unique(split, return_counts=True)
    listed = [f"{word or '(none)'} {number:,}" for word, number in zip(words.tolist(), numbers.tolist(), strict=True)]
    more = f" and {len(listed) - SHOWN} other words" if len(listed) > SHOWN else ""
    return f"{', '.join(listed[:SHOWN])}{more}"
