"""What every protocol promises, over random people, copies, labels and seeds."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_lightning.data.protocols import PROTOCOLS, Request, apply_protocol
from fer_lightning.data.protocols.published import map_published_splits
from fer_lightning.errors import FerError

SEEDS = st.integers(0, 2**32 - 1)
WHOLE = {
    **{"kfold": 3, "paper_c_kfold": 3, "holdout": 3},
    **{"subject_8fold": 8, "subject_10fold": 10, "leave_one_subject_out": 3},
}
"""Protocols that keep people and copies whole, by the fewest groups that they can deal."""
TURNS = ("kfold", "kfold_images", "subject_10fold", "leave_one_subject_out")
PUBLISHED = ("official", "paper_a", "paper_c")
NEED_SPLIT = (*PUBLISHED, "train_quarter", "train_kfold")
PUBLISHERS = [
    ["Training", "Training", "PublicTest", "Training", "PrivateTest"],
    ["Training", "Training", "PrivateTest", "train", "val"],
    ["train", "test", "train", "train", "unlabelled"],
    ["val", "train", "train"],
    ["train", "PrivateTest", "Training"],
    ["test", "val", "extra"],
]


@st.composite
def tables(draw, nobody: bool = True):
    """Columns of a FaceSet: labels with -1 among them, people, and pictures of which some are copies."""
    number = draw(st.integers(40, 70) | st.integers(40, 99) | st.integers(1, 12))
    people = draw(st.sampled_from([40, 25, 2]))
    rows = st.integers(0, number - 1)
    who = np.arange(number) % people + 1
    for row, other in draw(st.lists(st.tuples(rows, st.integers(0 if nobody else 1, people)), max_size=9)):
        who[row] = other
    picture = np.arange(number)
    for row, other in draw(st.lists(st.tuples(rows, rows), max_size=5)):
        picture[row] = picture[other]
    labels = np.random.default_rng(draw(st.integers(0, 99))).integers(-1, 5, number)
    return {"labels": labels, "subject": np.array([f"p{one}" if one else "" for one in who]), "picture": picture}


def build(make_faces, table, **columns):
    """Faces of this table; the pictures are told by their pixels."""
    pixels = np.repeat(table["picture"].astype(np.uint8), 4).reshape(-1, 2, 2)
    return make_faces(table["labels"], pixels=pixels, subject=table["subject"], **columns)


def units(table) -> np.ndarray:
    """Number of each labelled row's lot: the first row that it hangs together with, found by passing it on."""
    rows = np.flatnonzero(table["labels"] >= 0)
    people, pictures = table["subject"][rows], table["picture"][rows]
    tied = ((people[:, None] == people) & (people != "")) | (pictures[:, None] == pictures)
    lot, before = np.arange(len(rows)), None
    while not np.array_equal(lot, before):
        lot, before = np.where(tied, lot, len(rows)).min(axis=1, initial=len(rows)), lot
    return lot


def asked(data, name: str, groups: int) -> Request:
    """A request that the protocol understands."""
    k = data.draw(st.integers(3, 6)) if PROTOCOLS[name].num_folds else None
    last = {"train_quarter": 4, "subject_8fold": 8, "subject_10fold": 10, "leave_one_subject_out": groups}.get(
        name, k or 1
    ) - 1
    people = data.draw(st.integers(1, 3)) if name == "subject_8fold" else 11
    return Request(data.draw(st.integers(0, max(last, 0))), k, data.draw(SEEDS), people)


def lists(protocol) -> list[list[int]]:
    return [rows.tolist() for rows in protocol.splits().values()]


def assert_apart(faces, sides: list[list[int]]) -> None:
    if faces.subject is not None:
        people = [set(faces.subject[side].tolist()) - {""} for side in sides]
        assert len(set.union(*people)) == sum(map(len, people))


@pytest.mark.parametrize("name", WHOLE)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_people_and_copies_stay_whole_and_nobody_is_lost(make_faces, name, data):
    table = data.draw(tables(nobody="subject" not in name))
    faces, lots = build(make_faces, table), units(table)
    groups = len(np.unique(lots))
    request = asked(data, name, groups)
    least = max(WHOLE[name], request.num_folds or 0)
    try:
        sides = lists(apply_protocol(faces, name, request))
    except FerError:
        assert groups < least or (name == "subject_8fold" and groups // 8 <= request.val_subjects)
        return
    assert groups >= least
    labelled = np.flatnonzero(faces.label >= 0)
    assert sorted(chain(*sides)) == labelled.tolist()
    assert all(side == sorted(side) and side for side in sides)
    assert_apart(faces, sides)
    home = {row: stage for stage, side in enumerate(sides) for row in side}
    for lot in np.unique(lots):
        assert len({home[row] for row in labelled[lots == lot]}) == 1


@pytest.mark.parametrize("name", TURNS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_labelled_image_is_tested_once_and_validates_once(make_faces, name, data):
    table = data.draw(tables(nobody="kfold" in name))
    faces, groups = build(make_faces, table), len(np.unique(units(table)))
    labelled = np.flatnonzero(faces.label >= 0).tolist()
    k = {"subject_10fold": 10, "leave_one_subject_out": max(groups, 3)}.get(name) or data.draw(st.integers(3, 6))
    seed = data.draw(SEEDS)
    if (len(labelled) if name == "kfold_images" else groups) < k:
        with pytest.raises(FerError):
            apply_protocol(faces, name, Request(seed=seed, num_folds=k if "kfold" in name else None))
        return
    requests = [Request(fold, k if "kfold" in name else None, seed) for fold in range(k)]
    splits = [lists(apply_protocol(faces, name, request)) for request in requests]
    for stage in (1, 2):
        assert sorted(row for sides in splits for row in sides[stage]) == labelled
    for sides in splits:
        assert sorted(chain(*sides)) == labelled


@settings(max_examples=100, deadline=None)
@given(table=tables(), k=st.integers(3, 10), seed=SEEDS)
def test_kfold_images_gives_every_fold_each_class_within_one_image(make_faces, table, k, seed):
    faces = build(make_faces, table)
    if (faces.label >= 0).sum() < k:
        return
    tested = [faces.label[apply_protocol(faces, "kfold_images", Request(fold, k, seed)).test] for fold in range(k)]
    counts = np.array([np.bincount(labels, minlength=5) for labels in tested])
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


@settings(max_examples=40, deadline=None)
@given(table=tables(nobody=False), seed=SEEDS)
def test_the_groups_set_aside_hold_each_person_once_and_as_many_people(make_faces, table, seed):
    faces, lots = build(make_faces, table), units(table)
    if len(np.unique(lots)) < 16:
        return
    lot = dict(zip(np.flatnonzero(faces.label >= 0).tolist(), lots.tolist(), strict=True))
    splits = [lists(apply_protocol(faces, "subject_8fold", Request(fold, None, seed, 1))) for fold in range(8)]
    aside = [{lot[row] for row in val + test} for _, val, test in splits]
    assert sum(map(len, aside)) == len(np.unique(lots))
    assert max(map(len, aside)) - min(map(len, aside)) <= 1
    assert all(len({lot[row] for row in val}) == 1 for _, val, _ in splits)


@pytest.mark.parametrize("name", PUBLISHED)
@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_published_sides_are_kept_or_refused(make_faces, name, data):
    table = data.draw(tables())
    words, split_people, known = (
        data.draw(st.sampled_from(some)) for some in (PUBLISHERS, [True, False], [True, False])
    )
    person = np.unique(table["subject"], return_inverse=True)[1]
    places = person if split_people else np.arange(len(person))
    faces = build(make_faces, table, split=np.array(words)[places % len(words)])
    faces = faces if known else replace(faces, subject=None)
    try:
        sides = lists(apply_protocol(faces, name, Request(seed=data.draw(SEEDS))))
    except FerError:
        return
    side = np.where(faces.label >= 0, map_published_splits(faces.split), "")
    wanted = side != ""
    if name == "paper_a":
        wanted &= (side == "train") | (faces.split == "PrivateTest")
    assert sorted(chain(*sides)) == np.flatnonzero(wanted).tolist()
    assert all(sides)
    assert_apart(faces, sides)
    assert set(side[sides[0]]) == {"train"}
    assert "train" not in side[sides[2]]


@pytest.mark.parametrize("name", PROTOCOLS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_only_labels_people_splits_and_copies_matter(make_faces, name, data):
    table = data.draw(tables(nobody=False))
    words = ["train", "train", "train", "PrivateTest", "val"]
    faces = build(make_faces, table, split=[words[int(who[1:]) % 5] for who in table["subject"]])
    request = asked(data, name, len(np.unique(units(table))))
    try:
        sides = lists(apply_protocol(faces, name, request))
    except FerError:
        return
    row = np.arange(len(faces))
    other = replace(faces, ids=row.astype(str), fingerprint="", sequence=row.astype(str), frame=row)
    told = replace(other, pixels=np.zeros((len(faces), 1, 1), np.uint8), extras={"digest": -table["picture"]})
    kept = np.flatnonzero(faces.label >= 0)
    assert lists(apply_protocol(faces, name, request)) == lists(apply_protocol(other, name, request)) == sides
    assert lists(apply_protocol(told, name, request)) == sides
    assert [kept[rows].tolist() for rows in lists(apply_protocol(faces.take(kept, "labelled"), name, request))] == sides
    if name not in NEED_SPLIT:
        assert lists(apply_protocol(replace(faces, split=None), name, request)) == sides
