"""Verifies that the splits of a protocol are disjoint as its rule says, and logs what they share."""

from __future__ import annotations

import logging

import numpy as np

from fer_lightning.data.duplicates import copy_groups, count_copies
from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.protocols.rule import PAIRS, Apart, Protocol, Rule
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)


def check_disjoint(faces: FaceSet, protocol: Protocol, rule: Rule) -> None:
    """Checks that the splits share nothing that their rule keeps apart.

    Raises:
        FerError: a split is empty, or two splits share a subject and should not.
        AssertionError: the implementation of the rule put an image, or copies of it, into two splits.
    """
    for stage in rule.filled:
        if not len(protocol.splits()[stage]):
            raise FerError(f"data.protocol={protocol.name} leaves no image to {stage}; choose another protocol")
    if rule.apart == Apart.NOTHING:
        return
    _check_images(protocol, rule)
    copies = copy_groups(faces)
    if rule.apart == Apart.IMAGES:
        _log_shared_subjects(faces, protocol, copies)
        return
    _check_subjects(faces, protocol, rule)
    if rule.apart == Apart.PEOPLE:
        _log_copies(protocol, copies)
    else:
        _check_copies(protocol, rule, copies)


def _check_images(protocol: Protocol, rule: Rule) -> None:
    sides = protocol.splits()
    for first, second in rule.apart_pairs:
        if np.intersect1d(sides[first], sides[second]).size:
            raise AssertionError(f"protocol {protocol.name}: an image stands in {first} and in {second}")


def _check_subjects(faces: FaceSet, protocol: Protocol, rule: Rule) -> None:
    if faces.subject is None:
        return
    names, person = np.unique(faces.subject, return_inverse=True)
    sides = {stage: person[rows][faces.subject[rows] != ""] for stage, rows in protocol.splits().items()}
    for first, second in rule.apart_pairs:
        shared = names[np.intersect1d(sides[first], sides[second])]
        if shared.size:
            more = f" and {len(shared) - 5} more people" if len(shared) > 5 else ""
            raise FerError(
                f"data.protocol={protocol.name}: {choices(shared[:5])}{more} in both {first} and {second}; "
                "data.protocol=kfold, or one of whole people, keeps them apart"
            )


def _check_copies(protocol: Protocol, rule: Rule, copies: Integers) -> None:
    sides = protocol.splits()
    for first, second in rule.apart_pairs:
        if count_copies(copies, sides[first], sides[second]):
            raise AssertionError(f"protocol {protocol.name}: an exact copy stands in {first} and in {second}")


def _log_copies(protocol: Protocol, copies: Integers) -> None:
    sides = protocol.splits()
    found = [f"{count_copies(copies, sides[a], sides[b])} of {len(sides[b])} {b} images also in {a}" for a, b in PAIRS]
    log.info("protocol %s keeps exact copies as published: %s", protocol.name, ", ".join(found))


def _log_shared_subjects(faces: FaceSet, protocol: Protocol, copies: Integers) -> None:
    train, test = protocol.train, protocol.test
    seen, what = np.isin(copies[test], copies[train]), "an exact copy"
    if faces.subject is not None:
        seen |= np.isin(faces.subject[test], faces.subject[train]) & (faces.subject[test] != "")
        what = "an exact copy or their person"
    told = "protocol %s keeps neither people nor copies together: %d of %d test images have %s in train"
    log.warning(told, protocol.name, seen.sum(), len(test), what)
