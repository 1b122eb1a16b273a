"""Which of several faces counts."""

from __future__ import annotations

import re

import pytest

from fer_lightning.data.preprocess.detectors import Face
from fer_lightning.data.preprocess.locate import FACE_CHOICES, choose_face
from fer_lightning.errors import FerError

SURE = Face((0, 0, 10, 10), 9.0, None)
LARGE = Face((60, 0, 30, 20), 1.0, None)
CENTRAL = Face((40, 20, 20, 15), 2.0, None)  # its middle is (50, 27.5); the image's is (50, 30)
FACES = [LARGE, CENTRAL, SURE]
SHAPE = (60, 100, 3)


@pytest.mark.parametrize(("how", "face"), [("best", SURE), ("largest", LARGE), ("central", CENTRAL)])
def test_the_face_is_chosen_as_asked(how, face):
    assert choose_face(FACES, how, SHAPE, "x.png") is face
    assert choose_face(FACES[::-1], how, SHAPE, "x.png") is face


def test_height_and_width_are_not_mistaken_for_each_other():
    # in an image 60 wide and 100 high the middle is (30, 50): the sure one is 58 pixels away, the central one 31
    assert choose_face([SURE, Face((25, 45, 10, 10), 0.0, None)], "central", (100, 60), "x.png").score == 0.0


@pytest.mark.parametrize("how", ["best", "largest", "central"])
def test_of_equal_ones_the_first_is_taken(how):
    twins = [Face((45, 25, 10, 10), 1.0, None) for _ in range(2)]
    assert choose_face(twins, how, SHAPE, "x.png") is twins[0]


@pytest.mark.parametrize("how", FACE_CHOICES)
def test_one_face_is_taken_whatever_is_asked(how):
    assert choose_face([LARGE], how, SHAPE, "x.png") is LARGE


def test_several_faces_are_refused_where_that_is_asked():
    message = re.escape("a/x.png: 3 faces found; data.locate.on_several=largest takes the largest")
    with pytest.raises(FerError, match=message):
        choose_face(FACES, "error", SHAPE, "a/x.png")
