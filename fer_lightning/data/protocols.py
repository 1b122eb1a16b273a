"""Named protocols: which images train, validate and test, provably without a shared image or person."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from fer_lightning.data.copies import copy_groups, with_copy
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.folds import folds, inseparable, stratified_part
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

DEFAULT_FOLDS = 3  # paper C, section IV, cross-validates FER2013 over three
PARTS = 10  # holdout deals the images into ten parts: seven train, one validates, two test


@dataclass(frozen=True)
class Protocol:
    """Sorted index arrays into a FaceSet; no index stands in two of them."""

    name: str
    train: Integers
    val: Integers
    test: Integers

    def sides(self) -> dict[str, Integers]:
        """The three arrays by the name of their stage."""
        return {"train": self.train, "val": self.val, "test": self.test}


@dataclass(frozen=True)
class Request:
    """What a user may say about a split: data.fold, data.num_folds, data.split_seed."""

    fold: int = 0
    num_folds: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.seed < 2**32:
            raise FerError(f"data.split_seed={self.seed}: choose a whole number from 0 to {2**32 - 1}")


def choose(faces: FaceSet, name: str, request: Request) -> Protocol:
    """The split called `name` of these faces.

    Raises:
        FerError: unknown or unfit name, a fold that does not exist, or a side without images.
    """
    if name not in PROTOCOLS:
        raise FerError(f"data.protocol={name}: choose among {choices(PROTOCOLS, name)}")
    if PROTOCOLS[name].needs_split and not _published(faces, "PrivateTest"):
        able = [other for other, rule in PROTOCOLS.items() if not rule.needs_split]
        raise FerError(f"data.protocol={name}: this data set has no published split; choose among {choices(able)}")
    if name != "kfold" and request.num_folds is not None:
        raise FerError(f"data.num_folds={request.num_folds}: protocol {name} has no folds; leave it null or take kfold")
    if name != "kfold" and request.fold != 0:
        raise FerError(f"data.fold={request.fold}: protocol {name} is one split; choose 0, or data.protocol=kfold")
    protocol = PROTOCOLS[name].make(faces, request)
    _prove(faces, protocol, published=PROTOCOLS[name].needs_split)
    return protocol


def _official(faces: FaceSet, request: Request) -> Protocol:
    train, val, test = (_where(faces, split) for split in ("Training", "PublicTest", "PrivateTest"))
    if not len(val):
        log.warning("these files do not say what is PublicTest: a tenth of the training images validates instead")
        train, val = _cut(faces, train, request.seed)
    return Protocol("official", train, val, test)


def _paper_a(faces: FaceSet, request: Request) -> Protocol:
    # 5.1: the original test set is cut into 1,196 for validation and 2,393 for testing, a third and two thirds
    private = _where(faces, "PrivateTest")
    third = np.zeros(len(private), dtype=bool)
    third[stratified_part(faces.label[private], len(private) // 3, request.seed)] = True
    return Protocol("paper_a", _where(faces, "Training"), private[third], private[~third])


def _paper_c(faces: FaceSet, request: Request) -> Protocol:
    # 28,709 against 7,178. The paper validates on nothing; ours must, and takes a tenth of the 28,709 for it
    test = np.sort(np.concatenate([_where(faces, "PublicTest"), _where(faces, "PrivateTest")]))
    train, val = _cut(faces, _where(faces, "Training"), request.seed)
    return Protocol("paper_c", train, val, test)


def _kfold(faces: FaceSet, request: Request) -> Protocol:
    k = DEFAULT_FOLDS if request.num_folds is None else request.num_folds
    if k < 3:
        raise FerError(f"data.num_folds={k}: choose 3 or more, for one fold tests, the next validates, the rest train")
    if not 0 <= request.fold < k:
        raise FerError(f"data.fold={request.fold}: choose 0..{k - 1}, or raise data.num_folds")
    home = folds(inseparable(faces), faces.label, k, request.seed)
    test, val = home == request.fold, home == (request.fold + 1) % k
    return Protocol("kfold", *(np.flatnonzero(side) for side in (~(test | val), val, test)))


def _holdout(faces: FaceSet, request: Request) -> Protocol:
    home = folds(inseparable(faces), faces.label, PARTS, request.seed)
    return Protocol("holdout", *(np.flatnonzero(side) for side in (home > 2, home == 2, home < 2)))


def _cut(faces: FaceSet, train: Integers, seed: int) -> tuple[Integers, Integers]:
    """A stratified tenth taken out of the training side, copies together."""
    home = folds(copy_groups(faces.pixels[train]), faces.label[train], PARTS, seed)
    return train[home > 0], train[home == 0]


def _where(faces: FaceSet, split: str) -> Integers:
    assert faces.split is not None
    return np.flatnonzero(faces.split == split)


def _published(faces: FaceSet, split: str) -> bool:
    return faces.split is not None and bool((faces.split == split).any())


def _prove(faces: FaceSet, protocol: Protocol, published: bool) -> None:
    sides = protocol.sides()
    for stage, indices in sides.items():
        if not len(indices):
            raise FerError(f"data.protocol={protocol.name} leaves no image to {stage}; choose another protocol")
    pairs = (("train", "val"), ("train", "test"), ("val", "test"))
    for first, second in pairs:
        if np.intersect1d(sides[first], sides[second]).size:
            raise AssertionError(f"protocol {protocol.name}: an image stands in {first} and in {second}")
        if faces.subject is not None:
            shared = np.intersect1d(faces.subject[sides[first]], faces.subject[sides[second]])
            if shared.size:
                raise FerError(f"data.protocol={protocol.name}: {choices(shared[:5])} in both {first} and {second}")
    if published:
        groups = copy_groups(faces.pixels)
        found = [f"{with_copy(groups, sides[a], sides[b])} of {len(sides[b])} {b} images also in {a}" for a, b in pairs]
        log.info("protocol %s keeps exact copies as published: %s", protocol.name, ", ".join(found))


@dataclass(frozen=True)
class _Rule:
    make: Callable[[FaceSet, Request], Protocol]
    needs_split: bool


PROTOCOLS = {
    "official": _Rule(_official, needs_split=True),
    "paper_a": _Rule(_paper_a, needs_split=True),
    "paper_c": _Rule(_paper_c, needs_split=True),
    "kfold": _Rule(_kfold, needs_split=False),
    "holdout": _Rule(_holdout, needs_split=False),
}
