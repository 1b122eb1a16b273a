"""A wish that a protocol cannot fulfil is refused with the way out; a rule that breaks its word is caught."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fer_lightning.data.protocols import PROTOCOLS, Request, apply_protocol
from fer_lightning.errors import FerError

FAULTS = {
    "unknown": ("officail", {}, r"data\.protocol=officail: choose among official, .*did you mean official"),
    "fold of one split": (
        "holdout",
        {"fold": 1},
        r"data\.fold=1: protocol holdout is one split; choose 0, or a protocol of kfold, paper_c_kfold, kfold_images, "
        "subject_8fold, subject_10fold, leave_one_subject_out, train_quarter, train_kfold$",
    ),
    "fold of a test": ("test_only", {"fold": 2}, r"data\.fold=2: protocol test_only is one split"),
    "folds of one split": (
        "holdout",
        {"num_folds": 5},
        r"data\.num_folds=5: protocol holdout has no folds; leave it null or take kfold, paper_c_kfold, kfold_images, "
        "train_kfold$",
    ),
    "folds of eight": (
        "subject_8fold",
        {"num_folds": 8},
        r"data\.num_folds=8: protocol subject_8fold has a fixed number of folds; leave it null or take kfold",
    ),
    "no such fold": ("kfold", {"fold": 3}, r"data\.fold=3: choose 0\.\.2, or raise data\.num_folds$"),
    "no such fold of images": (
        "kfold_images",
        {"fold": 10},
        r"data\.fold=10: choose 0\.\.9, or raise data\.num_folds$",
    ),
    "no such fold of eight": ("subject_8fold", {"fold": 9}, r"data\.fold=9: choose 0\.\.7$"),
    "no such fold of ten": ("subject_10fold", {"fold": 10}, r"data\.fold=10: choose 0\.\.9$"),
    "no such person": ("leave_one_subject_out", {"fold": 30}, r"data\.fold=30: choose 0\.\.29$"),
    "negative fold": ("kfold", {"fold": -1}, r"data\.fold=-1: choose 0\.\.2"),
    "negative person": ("leave_one_subject_out", {"fold": -1}, r"data\.fold=-1: choose 0\.\.29"),
    "two folds": ("kfold", {"num_folds": 2}, r"data\.num_folds=2: choose 3 or more"),
    "one fold of train": ("train_kfold", {"num_folds": 1}, r"data\.num_folds=1: choose 2 or more"),
    "no such fold of train": ("train_kfold", {"fold": 2}, r"data\.fold=2: choose 0\.\.1, or raise data\.num_folds$"),
    "one fold": ("paper_c_kfold", {"num_folds": 1}, r"data\.num_folds=1: choose 2 or more, .* the rest train$"),
    "no folds": ("kfold_images", {"num_folds": 0}, r"data\.num_folds=0: choose 3 or more"),
    "more folds than people": ("kfold", {"num_folds": 31}, r"only 30 groups .* too few for 31 parts"),
    "validating people elsewhere": (
        "subject_10fold",
        {"val_subjects": 3},
        r"data\.val_subjects=3: protocol subject_10fold draws no people .*; leave it 11 or take subject_8fold$",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_impossible_wish_is_refused(make_faces, fault):
    name, wishes, message = FAULTS[fault]
    faces = make_faces(np.arange(30) % 7, subject=[f"p{row:02d}" for row in range(30)])
    with pytest.raises(FerError, match=message):
        apply_protocol(faces, name, Request(**wishes))


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_an_impossible_split_seed_is_refused(seed):
    with pytest.raises(FerError, match=rf"data\.split_seed={seed}: choose a whole number from 0 to 4294967295"):
        Request(seed=seed)


@pytest.mark.parametrize("number", [0, -4])
def test_nobody_who_validates_is_refused(number):
    with pytest.raises(FerError, match=rf"data\.val_subjects={number}: choose 1 or more"):
        Request(val_subjects=number)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_images_without_any_label_have_no_protocol(make_faces, name):
    with pytest.raises(FerError, match=rf"data\.protocol={name}: none of the 4 images has a label"):
        apply_protocol(
            make_faces([-1] * 4, subject=list("abcd"), split=["train", "val", "test", "test"]), name, Request()
        )


def test_too_few_people_for_holdout_hear_of_a_protocol_that_takes_them(make_faces):
    faces = make_faces([0] * 20, subject=["ann", "bob"] * 10)
    with pytest.raises(FerError, match=r"only 2 groups of images .* one each must .*data\.protocol=kfold_images"):
        apply_protocol(faces, "holdout", Request())


def careless(monkeypatch, name: str, *sides: list[int]) -> None:
    rule = dataclasses.replace(PROTOCOLS[name], make=lambda faces, request: tuple(map(np.array, sides)))
    monkeypatch.setitem(PROTOCOLS, name, rule)


@pytest.mark.parametrize("name", ["official", "kfold_images", "holdout"])
def test_an_image_on_two_sides_would_be_a_fault_of_ours(make_faces, monkeypatch, name):
    careless(monkeypatch, name, [0, 1], [2], [1, 3])
    with pytest.raises(AssertionError, match="an image stands in train and in test"):
        apply_protocol(make_faces([0, 1, 2, 3], split=["train", "train", "val", "test"]), name, Request())


@pytest.mark.parametrize("sides", [([0], [1], [2, 3]), ([0, 2], [1, 3], [4])])
def test_a_copy_on_two_sides_would_be_a_fault_of_ours(make_faces, monkeypatch, sides):
    faces = make_faces([0] * 5)
    faces.pixels[3] = faces.pixels[0]
    careless(monkeypatch, "holdout", *sides)
    with pytest.raises(AssertionError, match="protocol holdout: an exact copy stands in train and in"):
        apply_protocol(faces, "holdout", Request())


def test_a_person_on_two_drawn_sides_would_be_caught(make_faces, monkeypatch):
    careless(monkeypatch, "kfold", [0], [1], [2])
    with pytest.raises(FerError, match=r"data\.protocol=kfold: ann in both val and test"):
        apply_protocol(make_faces([0, 1, 2], subject=["bob", "ann", "ann"]), "kfold", Request())


@pytest.mark.parametrize("empty", [0, 1, 2])
def test_a_side_without_images_is_refused(make_faces, monkeypatch, empty):
    sides = [[0], [1], [2]]
    sides[empty] = []
    careless(monkeypatch, "holdout", *sides)
    stage = ("train", "val", "test")[empty]
    with pytest.raises(FerError, match=rf"data\.protocol=holdout leaves no image to {stage}; choose another"):
        apply_protocol(make_faces([0, 1, 2]), "holdout", Request())
