"""Covers fer_lightning/data/augment/batched.py; test_augment_options.py steps its YAML."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_lightning.data.augment.batched import BatchedAffine
from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.sampling import Draw
from fer_lightning.errors import FerError

STILL = {"flip": 0.0, "degrees": 0.0, "scale": (1.0, 1.0), "translate": 0.0, "erase": 0.0}


@pytest.fixture(scope="module", params=["grey", "colour"])
def images(request):
    shape = (60, 48, 48) if request.param == "grey" else (60, 48, 48, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_without_ranges_nothing_changes(images):
    assert np.array_equal(BatchedAffine(**STILL)(images, 0), images)


def test_a_flip_mirrors_about_half_and_leaves_the_rest(images):
    changed = BatchedAffine(**{**STILL, "flip": 0.5})(images, 0)
    mirrored = [np.array_equal(new, old[:, ::-1]) for new, old in zip(changed, images, strict=True)]
    same = [np.array_equal(new, old) for new, old in zip(changed, images, strict=True)]
    assert all(one != other for one, other in zip(mirrored, same, strict=True))
    assert 15 < sum(mirrored) < 45


def test_half_the_size_shows_the_whole_image_as_means_of_four_pixels(images):
    shrunk = BatchedAffine(**STILL, size=24)(images, 0)
    parts = images.reshape(60, 24, 2, 24, 2, *images.shape[3:]).astype(float)
    assert np.abs(shrunk - parts.mean(axis=(2, 4))).max() <= 0.5


def smooth() -> np.ndarray:
    return cv2.GaussianBlur(np.random.default_rng(1).integers(0, 256, (48, 48), dtype=np.uint8), (0, 0), 3)


def test_a_turn_and_a_zoom_are_opencvs():
    asked = {**STILL, "degrees": 20.0, "scale": (0.8, 1.3)}
    changed = BatchedAffine(**asked)(np.repeat(smooth()[None], 8, axis=0), seed=3)
    random = np.random.default_rng(3).random((8, 10))
    for new, (turn, zoom, *_) in zip(changed, random, strict=True):
        # OpenCV turns against the clock for positive angles, and counts pixels from the first one's centre
        matrix = cv2.getRotationMatrix2D((23.5, 23.5), 20 * (2 * turn - 1), 0.8 + 0.5 * zoom)
        expected = cv2.warpAffine(smooth(), matrix, (48, 48), borderMode=cv2.BORDER_REFLECT)
        assert np.abs(new.astype(int) - expected).max() <= 2


def test_a_shift_is_at_most_its_share_and_goes_everywhere():
    one = np.zeros((400, 48, 48), dtype=np.uint8)
    one[:, 23:25, 23:25] = 255
    changed = BatchedAffine(**{**STILL, "translate": 0.1})(one, 0).astype(float)
    places = np.arange(48) + 0.5
    for axis in (1, 2):
        centre = (changed.sum(axis=axis) * places).sum(axis=1) / changed.sum(axis=(1, 2)) - 24
        assert -4.85 < centre.min() < -4
        assert 4 < centre.max() < 4.85


def test_a_rectangle_is_blank_within_the_image_and_of_its_size():
    bright = np.full((400, 48, 48), 255, dtype=np.uint8)
    blank = BatchedAffine(**{**STILL, "erase": 0.5, "erase_side": (0.25, 0.5)})(bright, 0) == 0
    taken = blank.any(axis=(1, 2))
    assert 150 < taken.sum() < 250
    heights, widths = (blank.any(axis=axis).sum(axis=1)[taken] for axis in (2, 1))
    assert np.array_equal(blank.sum(axis=(1, 2))[taken], heights * widths)
    for side in (heights, widths):
        assert 12 <= side.min() < 14 < 22 < side.max() <= 24
    assert blank[:, 0].any() & blank[:, -1].any() & blank[:, :, 0].any() & blank[:, :, -1].any()


def test_it_comes_after_other_transforms_and_makes_an_augmentation_random():
    blank = np.zeros((2, 8, 8), dtype=np.uint8)
    augment = Augment(batched=BatchedAffine(size=6))
    assert augment.random
    assert augment(blank, Draw(np.arange(2), seed=0)).shape == (2, 6, 6)
    with pytest.raises(FerError, match=r"augment leaves 6x6 pixels, but model\.input\.size=8"):
        augment.check(8, 8, 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"flip": 1.5}, r"augment\.batched\.flip=1\.5: choose 0 to 1"),
        ({"erase": -1}, r"augment\.batched\.erase=-1: choose 0 to 1"),
        ({"translate": 2}, r"augment\.batched\.translate=2: choose 0 to 1"),
        ({"degrees": 181}, r"augment\.batched\.degrees=181: choose 0 to 180"),
        ({"size": 0}, r"augment\.batched\.size=0: choose 1 pixel or more"),
        ({"scale": [0, 1]}, r"augment\.batched\.scale=\[0, 1\]: .* both above 0$"),
        ({"scale": [1.2, 1.1]}, r"augment\.batched\.scale=\[1\.2, 1\.1\]"),
        ({"erase_side": [0.5, 1.5]}, r"augment\.batched\.erase_side=\[0\.5, 1\.5\]: .* at most 1"),
    ],
)
def test_values_out_of_range(wrong, message):
    with pytest.raises(FerError, match=message):
        BatchedAffine(**wrong)
