"""The vocabulary: spellings lead to its eight words, and labels travel by name."""

from __future__ import annotations

import re

import numpy as np
import pytest

from fer_lightning.data.expressions import (
    CLASS_SETS,
    EXPRESSIONS,
    SPELLINGS,
    class_set,
    expression,
    relabel,
    select_columns,
)
from fer_lightning.errors import FerError


@pytest.mark.parametrize(
    ("spelt", "word"),
    [
        ("anger", "angry"),
        ("Happiness", "happy"),
        (" SADNESS ", "sad"),
        ("Surprised", "surprise"),
        ("afraid", "fear"),
        ("Disgusted", "disgust"),
        ("neutral", "neutral"),
        ("Contempt", "contempt"),
    ],
)
def test_a_spelling_leads_to_the_vocabularys_word(spelt, word):
    assert expression(spelt) == word


def test_every_spelling_leads_into_the_vocabulary():
    assert set(SPELLINGS.values()) <= set(EXPRESSIONS)
    assert not set(SPELLINGS) & set(EXPRESSIONS)


def test_a_stranger_is_refused_with_the_choices():
    with pytest.raises(FerError, match=r"'smug' is not an expression: choose among angry, .*contempt"):
        expression("smug")


def test_a_slip_is_answered_with_the_likeliest_word():
    with pytest.raises(FerError, match=r"did you mean surprise"):
        expression("suprise")


def test_labels_are_matched_by_name_not_by_number():
    labels = np.array([0, 1, 2, 3, -1], dtype=np.int64)
    counted = relabel(labels, names=("fear", "happy", "sad", "contempt"), wanted=("sad", "fear", "angry", "happy"))
    assert counted.tolist() == [1, 3, 0, -1, -1]
    assert counted.dtype == np.int64


def test_relabelling_there_and_back_is_the_identity_where_classes_are_kept():
    names, wanted = EXPRESSIONS, tuple(reversed(EXPRESSIONS))
    labels = np.arange(-1, 8)
    assert relabel(relabel(labels, names, wanted), wanted, names).tolist() == labels.tolist()


def test_shares_of_wanted_classes_sum_to_one_again_in_the_wanted_order():
    shares = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], dtype=np.float32)
    picked = select_columns(shares, ("fear", "happy", "sad"), ("sad", "happy"))
    assert picked.dtype == np.float32
    assert picked.tolist() == [[0.5, 0.5], [0.0, 1.0], [0.0, 0.0]]
    assert select_columns(shares, ("fear", "happy", "sad"), ("fear", "happy", "sad")).tolist() == shares.tolist()


SIX = ("angry", "disgust", "fear", "happy", "sad", "surprise")


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("6", SIX),
        (6, SIX),
        ("7_neutral", (*SIX, "neutral")),
        ("7_contempt", (*SIX, "contempt")),
        (8, (*SIX, "neutral", "contempt")),
    ],
)
def test_a_set_holds_what_its_name_says(name, classes):
    assert class_set(name) == classes


@pytest.mark.parametrize("name", CLASS_SETS)
def test_every_set_has_as_many_classes_as_its_name_says_in_the_vocabularys_order(name):
    classes = class_set(name)
    assert len(set(classes)) == len(classes) == int(name[0])
    assert list(classes) == sorted(classes, key=EXPRESSIONS.index)


@pytest.mark.parametrize("name", ["7", 9, "7_neutal", "", "held"])
def test_an_unknown_set_is_refused_with_the_choices(name):
    message = re.escape(f"data.classes={name}: choose among held, 6, 7_neutral, 7_contempt, 8")
    with pytest.raises(FerError, match=message):
        class_set(name)
