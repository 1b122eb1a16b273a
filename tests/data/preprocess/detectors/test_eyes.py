"""The search for eyes inside a face's box."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_lightning.data.preprocess.detectors import Eyes

BOX = (177.0, 66.0, 95.0, 95.0)


@pytest.fixture(scope="module")
def eyes():
    return Eyes()


@pytest.fixture(scope="module")
def photograph(astronaut):
    return cv2.cvtColor(astronaut, cv2.COLOR_RGB2GRAY)


def test_both_eyes_are_found_left_one_first(eyes, photograph):
    assert np.abs(eyes(photograph, BOX) - [[203, 101], [246, 103]]).max() < 4


@pytest.mark.parametrize("columns", [slice(185, 220), slice(230, 265)], ids=["left", "right"])
def test_one_hidden_eye_makes_both_unknown(eyes, photograph, columns):
    hidden = photograph.copy()
    hidden[80:120, columns] = 128
    assert eyes(hidden, BOX) is None


@pytest.mark.parametrize("box", [(-90.0, 10.0, 80.0, 80.0), (600.0, 600.0, 80.0, 80.0), (10.0, -200.0, 80.0, 80.0)])
def test_a_box_beside_the_image_has_no_eyes(eyes, photograph, box):
    assert eyes(photograph, box) is None


def test_a_box_that_reaches_beyond_the_image_still_has_its_eyes(eyes, photograph):
    corner = np.ascontiguousarray(photograph[80:, 185:])
    found = eyes(corner, (BOX[0] - 185, BOX[1] - 80, BOX[2], BOX[3]))
    assert np.abs(found - [[203 - 185, 101 - 80], [246 - 185, 103 - 80]]).max() < 4
