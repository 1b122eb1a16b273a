"""What a detector is given of an image, and how its answer is brought back, with a detector that we answer for."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_lightning.data.preprocess.detectors import SHORTER_SIDE, Face, as_grey, as_rgb, detect_enlarged


@pytest.mark.parametrize(("height", "width"), [(48, 48), (30, 77), (240, 240), (500, 241), (239, 100)])
@pytest.mark.parametrize("channels", [(), (3,)])
def test_the_whole_picture_and_its_middle_stay_what_they_are(height, width, channels):
    def whole(image):
        high, wide = image.shape[:2]
        assert min(high, wide) == max(SHORTER_SIDE, min(height, width))
        assert image.shape[2:] == channels
        assert image.flags.c_contiguous
        middle = np.array([[(wide - 1) / 2, (high - 1) / 2]] * 2)
        return [Face((0.0, 0.0, float(wide), float(high)), 1.0, middle)]

    (face,) = detect_enlarged(np.zeros((height, width, *channels), dtype=np.uint8), whole)
    assert face.box == pytest.approx((0, 0, width, height))
    assert face.eyes == pytest.approx(np.array([[(width - 1) / 2, (height - 1) / 2]] * 2))


def test_a_dot_is_found_at_its_own_pixel():
    def dot(image):
        y, x = np.argwhere(image > 250).mean(axis=0)
        return [Face((0.0, 0.0, 1.0, 1.0), 1.0, np.array([[x, y], [x, y]]))]

    picture = np.zeros((48, 48), dtype=np.uint8)
    picture[30:33, 10:13] = 255
    assert detect_enlarged(picture, dot)[0].eyes == pytest.approx(np.array([[11.0, 31.0]] * 2))


def test_enlarging_is_bilinear_and_large_pictures_stay():
    seen = []
    small = np.random.default_rng(0).integers(0, 256, (48, 60), dtype=np.uint8)
    large = np.random.default_rng(0).integers(0, 256, (250, 250), dtype=np.uint8)
    for picture in (small, large):
        assert detect_enlarged(picture, lambda image: seen.append(image) or []) == []
    assert np.array_equal(seen[0], cv2.resize(small, (300, 240), interpolation=cv2.INTER_LINEAR))
    assert np.array_equal(seen[1], large)


def test_the_best_comes_first_and_of_equals_the_one_further_left():
    finds = [Face((x, 0.0, 1.0, 1.0), score, None) for x, score in [(9.0, 2.0), (5.0, 3.0), (1.0, 2.0)]]
    for order in (finds, finds[::-1]):
        found = detect_enlarged(np.zeros((300, 300), dtype=np.uint8), lambda _, order=order: order)
        assert [face.box[0] for face in found] == [5, 1, 9]


def test_grey_and_colour_of_each():
    colour = np.full((4, 5, 3), (200, 100, 50), dtype=np.uint8)
    assert as_grey(colour).tolist() == [[124] * 5] * 4  # 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
    assert as_rgb(colour) is colour
    shades = np.arange(20, dtype=np.uint8).reshape(4, 5)
    assert as_grey(shades) is shades
    assert np.array_equal(as_rgb(shades), np.dstack([shades] * 3))
