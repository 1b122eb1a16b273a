"""All protocols by name, the protocol `auto`, and the function that applies one."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.protocols.degenerate import test_only, train_is_test
from fer_lightning.data.protocols.published import (
    lacks_official,
    lacks_paper_a,
    lacks_paper_c,
    lacks_train,
    map_published_splits,
    official,
    paper_a,
    paper_c,
    train_kfold,
    train_kfold_number,
    train_quarter,
    train_quarter_number,
)
from fer_lightning.data.protocols.random import (
    holdout,
    kfold,
    kfold_images,
    kfold_images_number,
    kfold_number,
    paper_c_kfold,
    paper_c_kfold_number,
)
from fer_lightning.data.protocols.rule import VAL_SUBJECTS, Apart, Protocol, Request, Rule
from fer_lightning.data.protocols.subject import (
    check_fold_of_8,
    check_fold_of_10,
    lacks_subjects,
    leave_one_subject_out,
    subject_8fold,
    subject_10fold,
)
from fer_lightning.data.protocols.verify import check_disjoint
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

PROTOCOLS = {
    "official": Rule(official, lacks_official, apart=Apart.PEOPLE, published=True),
    "paper_a": Rule(paper_a, lacks_paper_a, apart=Apart.PEOPLE, published=True),
    "paper_c": Rule(paper_c, lacks_paper_c, apart=Apart.PEOPLE, published=True),
    "kfold": Rule(kfold, folds=True, num_folds=True, check=kfold_number),
    "paper_c_kfold": Rule(paper_c_kfold, folds=True, num_folds=True, check=paper_c_kfold_number),
    "kfold_images": Rule(kfold_images, folds=True, num_folds=True, check=kfold_images_number, apart=Apart.IMAGES),
    "holdout": Rule(holdout),
    "subject_8fold": Rule(subject_8fold, lacks_subjects, folds=True, val_subjects=True, check=check_fold_of_8),
    "subject_10fold": Rule(subject_10fold, lacks_subjects, folds=True, check=check_fold_of_10),
    "leave_one_subject_out": Rule(leave_one_subject_out, lacks_subjects, folds=True),
    "train_quarter": Rule(
        train_quarter, lacks_train, folds=True, check=train_quarter_number, val_tests=True, published=True
    ),
    "train_kfold": Rule(
        train_kfold,
        lacks_official,
        folds=True,
        num_folds=True,
        check=train_kfold_number,
        apart=Apart.PEOPLE,
        published=True,
        teaches=True,
    ),
    "test_only": Rule(test_only, apart=Apart.NOTHING, filled=("test",)),
    "train_is_test": Rule(train_is_test, apart=Apart.NOTHING),
}
AUTO = "auto"
SHOWN = 5  # published names of splits that a line of the log counts


def apply_protocol(faces: FaceSet, name: str, request: Request) -> Protocol:
    """Splits the faces by the protocol `name`; those without a label (-1) are in no split.

    For `auto` the result has the name of the protocol that it stands for.

    Raises:
        FerError: an unknown protocol or one that does not apply, a fold that does not exist, an option that the
            protocol does not have, an empty split, or a subject in two published splits.
    """
    check_request(name, request)
    rows = np.flatnonzero(faces.label >= 0)
    if not len(rows):
        raise FerError(f"data.protocol={name}: none of the {len(faces)} images has a label, and a protocol needs them")
    labelled = faces if len(rows) == len(faces) else faces.take(rows, f"{faces.fingerprint} labelled")
    if name == AUTO:
        name = resolve_auto(labelled)
    rule = PROTOCOLS[name]
    if lack := rule.lacks(labelled):
        able = [other for other, its in PROTOCOLS.items() if not its.lacks(labelled)]
        raise FerError(f"data.protocol={name}: {lack}; choose among {choices(able)}")
    sides = Protocol(name, *rule.make(labelled, request))
    check_disjoint(labelled, sides, rule)
    log_split_usage(labelled, sides, rule)
    return Protocol(name, *(rows[side] for side in sides.splits().values()))


def check_request(name: str, request: Request) -> None:
    """Raises FerError for what is wrong whatever the faces: an unknown name, or choices that the protocol lacks."""
    if name not in (AUTO, *PROTOCOLS):
        raise FerError(f"data.protocol={name}: choose among {choices((*PROTOCOLS, AUTO), name)}")
    rule = PROTOCOLS["official" if name == AUTO else name]  # both that `auto` may stand for are one split
    if request.num_folds is not None and not rule.num_folds:
        what = "has a fixed number of folds" if rule.folds else "has no folds"
        able = choices(other for other, its in PROTOCOLS.items() if its.num_folds)
        raise FerError(f"data.num_folds={request.num_folds}: protocol {name} {what}; leave it null or take {able}")
    if request.fold != 0 and not rule.folds:
        able = choices(other for other, its in PROTOCOLS.items() if its.folds)
        raise FerError(f"data.fold={request.fold}: protocol {name} is one split; choose 0, or a protocol of {able}")
    if request.val_subjects != VAL_SUBJECTS and not rule.val_subjects:
        able = choices(other for other, its in PROTOCOLS.items() if its.val_subjects)
        raise FerError(
            f"data.val_subjects={request.val_subjects}: protocol {name} draws no people for validation; "
            f"leave it {VAL_SUBJECTS} or take {able}"
        )
    rule.check(request)


def resolve_auto(faces: FaceSet) -> str:
    """`official` if a training and a test split are published, else `holdout`; the choice is logged with its reason."""
    split = np.array([]) if faces.split is None else faces.split
    known = set(map_published_splits(split).tolist()) - {""}
    name = "official" if {"train", "test"} <= known else "holdout"
    if name == "official":
        log.info("data.protocol=%s is %s: the data name their splits, %s", AUTO, name, _count_words(split))
    elif known:
        missing = " and no ".join(side for side in ("train", "test") if side not in known)
        log.warning(
            "data.protocol=%s is %s, for the data name no %s split: %s are pooled; data.protocol=official keeps splits "
            "where train and one other are named",
            *(AUTO, name, missing, _count_words(split)),
        )
    else:
        log.info("data.protocol=%s is %s: the data name no splits", AUTO, name)
    return name


def log_split_usage(faces: FaceSet, protocol: Protocol, rule: Rule) -> None:
    """Logs which published splits a protocol pools, or which images it leaves out, if any."""
    if faces.split is None:
        return
    if not rule.published:
        log.info("protocol %s pools the splits that the data name: %s", protocol.name, _count_words(faces.split))
        return
    unused = np.ones(len(faces), dtype=np.bool_)
    unused[np.concatenate(list(protocol.splits().values()))] = False
    if unused.any():
        log.info(
            "protocol %s leaves out %s images: %s",
            protocol.name,
            f"{unused.sum():,}",
            _count_words(faces.split[unused]),
        )


def _count_words(split: npt.NDArray[np.str_]) -> str:
    words, numbers = np.unique(split, return_counts=True)
    listed = [f"{word or '(none)'} {number:,}" for word, number in zip(words.tolist(), numbers.tolist(), strict=True)]
    more = f" and {len(listed) - SHOWN} other words" if len(listed) > SHOWN else ""
    return f"{', '.join(listed[:SHOWN])}{more}"
