"""A face made of sixty-eight points."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.preprocess.detectors import face_from_landmarks
from fer_lightning.data.synthetic.geometry import LANDMARK_NAMES
from fer_lightning.errors import FerError


def test_box_and_eyes_by_hand():
    points = np.full((68, 2), 50.0)
    points[0], points[8], points[16] = (20, 45), (55, 110), (90, 40)
    points[36:42] = [(30, 60), (33, 58), (37, 58), (40, 60), (37, 62), (33, 62)]
    points[42:48] = points[36:42] + (30, 5)
    face = face_from_landmarks(points)
    assert face.box == (20, 40, 70, 70)
    assert face.eyes.tolist() == [[35, 60], [65, 65]]
    assert face.score == 1


def test_our_own_drawings_name_the_same_points_eyes():
    assert {name.rsplit("_", 1)[0] for name in LANDMARK_NAMES[36:42]} == {"left_eye"}
    assert {name.rsplit("_", 1)[0] for name in LANDMARK_NAMES[42:48]} == {"right_eye"}


def test_single_precision_gives_double():
    face = face_from_landmarks(np.ones((68, 2), dtype=np.float32))
    assert face.eyes.dtype == np.float64
    assert face.box == (1, 1, 0, 0)


@pytest.mark.parametrize("shape", [(67, 2), (68, 3), (136,)])
def test_other_shapes_are_refused(shape):
    with pytest.raises(FerError, match=r"has \(68, 2\)"):
        face_from_landmarks(np.zeros(shape))
