"""The wanted classes under a protocol, and fewer of the training images."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_lightning.data.duplicates import find_exact_copies, find_near_copies
from fer_lightning.data.protocols import Protocol, Request
from fer_lightning.data.selection import check_exclusion, check_trains, exclude_copies, limit_training_images, select
from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import compose_job

NAMES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def split(train, val=(), test=()):
    return Protocol("official", *(np.array(rows, dtype=np.int64) for rows in (train, val, test)))


def test_test_only_has_a_test_side_alone_and_that_is_allowed(make_faces):
    label, protocol = select(make_faces([0, 3, 6, -1]), NAMES, "test_only", Request())
    assert label.tolist() == [0, 3, 6, -1]
    assert [rows.tolist() for rows in protocol.splits().values()] == [[], [], [0, 1, 2]]
    assert limit_training_images(protocol, label, None, 0).test.tolist() == [0, 1, 2]


def test_wanted_classes_may_not_empty_the_only_side(make_faces):
    with pytest.raises(FerError, match=r"data\.class_names=\['sad', 'fear'\] leave no image to test"):
        select(make_faces([0, 3, 6]), ["sad", "fear"], "test_only", Request())


def test_class_names_are_compared_as_composed_text(make_faces):
    faces = replace(make_faces([0, 1, 1]), class_names=("fr\u00f6hlich", "b"))
    assert select(faces, ["b", "fro\u0308hlich"], "test_only", Request())[0].tolist() == [1, 0, 0]


def test_unknown_classes_are_answered_with_the_override_that_takes_all(make_faces):
    own = ("happy", "caf\u00e9 au lait", "3", "true", 'a"b')
    faces = replace(make_faces([0, 1, 2, 3, 4]), class_names=own)
    with pytest.raises(FerError) as refused:
        select(faces, NAMES, "test_only", Request())
    message = str(refused.value)
    assert message.startswith("data.class_names: no angry, disgust, fear, sad, surprise, neutral here; all that are")
    (typed,) = shlex.split(message.split(" are here: ")[1])
    config = compose_job([typed, "paths.data_dir=x"], Path("x")).config
    assert config["data"]["class_names"] == list(own)


def test_fewer_keeps_the_shares_of_the_classes_and_the_other_sides():
    label = np.repeat([0, 1], [30, 10])
    protocol = split(np.arange(40), [1, 2], [3])
    less = limit_training_images(protocol, label, 8, seed=0)
    assert np.bincount(label[less.train]).tolist() == [6, 2]
    assert [less.val.tolist(), less.test.tolist(), less.name] == [[1, 2], [3], "official"]
    assert limit_training_images(protocol, label, 8, seed=0).train.tolist() == less.train.tolist()
    assert limit_training_images(protocol, label, 8, seed=1).train.tolist() != less.train.tolist()


@pytest.mark.parametrize("limit", [None, 40, 10**6])
def test_a_limit_that_is_none_or_large_keeps_all(limit):
    protocol = split(np.arange(40))
    assert limit_training_images(protocol, np.arange(40) % 2, limit, 0).train.tolist() == list(range(40))


def test_a_class_that_does_not_train_is_refused_with_the_way_out_that_fits():
    label = np.repeat([0, 1], [30, 1])
    with pytest.raises(FerError, match=r"the training split has no image of b; raise data\.max_train_images"):
        check_trains(limit_training_images(split(np.arange(31)), label, 3, 0), label, ["a", "b"], 3)
    with pytest.raises(FerError, match=r"the training split has no image of b, c; leave it out"):
        check_trains(split(np.arange(30)), label, ["a", "b", "c"], None)


@pytest.fixture
def faces(make_faces):
    """Eight smooth faces: 4 is 0's copy, 5 is nearly 1 (brighter), 6 is nearly 2's mirror image; 3 and 7 are alone."""
    made = make_faces(np.zeros(8, dtype=int), size=48)
    for row in range(8):
        made.pixels[row] = cv2.GaussianBlur(made.pixels[row], (0, 0), 6)
    made.pixels[4] = made.pixels[0]
    made.pixels[5] = made.pixels[1] + 9
    made.pixels[6] = made.pixels[2, :, ::-1] + 7
    return made


def protocol(train, val, test):
    return Protocol("official", *(np.array(rows, dtype=np.int64) for rows in (train, val, test)))


@pytest.mark.parametrize(("how", "left"), [("none", [0, 1, 2, 3]), ("exact", [1, 2, 3]), ("near", [3])])
def test_the_training_side_loses_what_was_asked_and_the_others_nothing(faces, how, left):
    kept = exclude_copies(faces, protocol([0, 1, 2, 3], [4, 5], [6, 7]), how)
    assert [rows.tolist() for rows in kept.splits().values()] == [left, [4, 5], [6, 7]]
    assert kept.name == "official"


def test_copies_in_validation_and_in_test_both_count(faces):
    assert exclude_copies(faces, protocol([0, 3], [4], [7]), "exact").train.tolist() == [3]
    assert exclude_copies(faces, protocol([0, 3], [7], [4]), "exact").train.tolist() == [3]


def test_nets_that_teach_train_on_no_copy_of_the_published_test_side_which_they_do_not_read(faces):
    named = replace(faces, split=np.array(["train"] * 4 + ["test", "train", "val", "test"]))
    sides = protocol([0, 1, 2, 3], [6], [5])
    assert exclude_copies(named, sides, "exact").train.tolist() == [0, 1, 2, 3]
    assert exclude_copies(named, replace(sides, name="train_kfold"), "exact").train.tolist() == [1, 2, 3]
    assert exclude_copies(named, replace(sides, name="train_kfold"), "near").train.tolist() == [3]


def test_copies_within_a_side_stay(faces):
    assert exclude_copies(faces, protocol([0, 4, 3], [1], [2]), "near").train.tolist() == [0, 4, 3]


def test_how_many_were_left_out_is_said(faces, caplog):
    with caplog.at_level("INFO", logger="fer_lightning.data.selection"):
        exclude_copies(faces, protocol([0, 1, 2, 3], [4, 5], [6, 7]), "near")
    assert "data.exclude_copies=near: 3 of 4 training images left out" in caplog.text


def test_a_training_side_of_copies_only_is_refused(faces):
    with pytest.raises(FerError, match=r"data\.exclude_copies=exact leaves no training image: each has a copy"):
        exclude_copies(faces, protocol([0], [4], [7]), "exact")


def test_without_a_training_side_there_is_nothing_to_leave_out(faces):
    nobody = protocol([], [], range(8))
    assert exclude_copies(faces, nobody, "near") is nobody


def test_rows_with_a_copy_among_others(faces):
    rows, others = np.array([7, 4, 5, 6]), np.array([0, 1, 2])
    exact = find_exact_copies(faces, rows, others)
    assert exact.tolist() == [False, True, False, False]
    assert find_near_copies(faces, rows, others, exact).tolist() == [False, True, True, True]
    nothing = np.array([], dtype=np.int64)
    assert not find_near_copies(faces, rows, nothing, find_exact_copies(faces, rows, nothing)).any()


def test_an_unknown_choice_is_refused():
    for known in ("none", "exact", "near"):
        check_exclusion(known)
    with pytest.raises(FerError, match=r"data\.exclude_copies=all: choose among none, exact, near"):
        check_exclusion("all")
