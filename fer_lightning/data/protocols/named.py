"""Every protocol by name, and the one function that follows them."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.protocols.automatic import AUTO, official_or_holdout, tell_use_of_sides
from fer_lightning.data.protocols.drawn import (
    holdout,
    kfold,
    kfold_images,
    kfold_images_number,
    kfold_number,
    paper_c_kfold,
    paper_c_kfold_number,
)
from fer_lightning.data.protocols.people import (
    lacks_subjects,
    leave_one_subject_out,
    one_of_8,
    one_of_10,
    subject_8fold,
    subject_10fold,
)
from fer_lightning.data.protocols.proof import prove
from fer_lightning.data.protocols.published import (
    lacks_official,
    lacks_paper_a,
    lacks_paper_c,
    lacks_train,
    official,
    paper_a,
    paper_c,
    train_kfold,
    train_kfold_number,
    train_quarter,
    train_quarter_number,
)
from fer_lightning.data.protocols.rule import VAL_SUBJECTS, Apart, Protocol, Request, Rule
from fer_lightning.data.protocols.unsplit import test_only, train_is_test
from fer_lightning.errors import FerError, choices

PROTOCOLS = {
    "official": Rule(official, lacks_official, apart=Apart.PEOPLE, published=True),
    "paper_a": Rule(paper_a, lacks_paper_a, apart=Apart.PEOPLE, published=True),
    "paper_c": Rule(paper_c, lacks_paper_c, apart=Apart.PEOPLE, published=True),
    "kfold": Rule(kfold, folds=True, num_folds=True, check=kfold_number),
    "paper_c_kfold": Rule(paper_c_kfold, folds=True, num_folds=True, check=paper_c_kfold_number),
    "kfold_images": Rule(kfold_images, folds=True, num_folds=True, check=kfold_images_number, apart=Apart.IMAGES),
    "holdout": Rule(holdout),
    "subject_8fold": Rule(subject_8fold, lacks_subjects, folds=True, val_subjects=True, check=one_of_8),
    "subject_10fold": Rule(subject_10fold, lacks_subjects, folds=True, check=one_of_10),
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
    ),
    "test_only": Rule(test_only, apart=Apart.NOTHING, filled=("test",)),
    "train_is_test": Rule(train_is_test, apart=Apart.NOTHING),
}


def choose(faces: FaceSet, name: str, request: Request) -> Protocol:
    """The split called `name` of these faces; those without a label (-1) take no part.

    `auto` becomes the protocol for which it stands, and the result has that one's name.

    Raises:
        FerError: unknown or unfit name, a fold that does not exist, a choice that the protocol does not have, a side
            without images, or a person on two sides of a published split.
    """
    check_request(name, request)
    rows = np.flatnonzero(faces.label >= 0)
    if not len(rows):
        raise FerError(f"data.protocol={name}: none of the {len(faces)} images has a label, and a protocol needs them")
    labelled = faces if len(rows) == len(faces) else faces.take(rows, f"{faces.fingerprint} labelled")
    if name == AUTO:
        name = official_or_holdout(labelled)
    rule = PROTOCOLS[name]
    if lack := rule.lacks(labelled):
        able = [other for other, its in PROTOCOLS.items() if not its.lacks(labelled)]
        raise FerError(f"data.protocol={name}: {lack}; choose among {choices(able)}")
    sides = Protocol(name, *rule.make(labelled, request))
    prove(labelled, sides, rule)
    tell_use_of_sides(labelled, sides, rule)
    return Protocol(name, *(rows[side] for side in sides.sides().values()))


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
