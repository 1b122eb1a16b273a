"""Training images that have a copy in validation or test are left out, exact or nearly the same."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fer_lightning.data.duplicates import find_exact_copies, find_near_copies
from fer_lightning.data.protocols import Protocol
from fer_lightning.data.selection import check_exclusion, exclude_copies
from fer_lightning.errors import FerError


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
