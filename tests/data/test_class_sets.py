"""The sets of classes that papers name."""

from __future__ import annotations

import re

import pytest

from fer_lightning.data.expressions import CLASS_SETS, EXPRESSIONS, class_set
from fer_lightning.errors import FerError

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
