"""The vocabulary: spellings lead to its eight words, and labels travel by name."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.expressions import EXPRESSIONS, SPELLINGS, expression, relabel, select_columns
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
    with pytest.raises(FerError, match=r"'smug' is no expression: choose among angry, .*contempt"):
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
