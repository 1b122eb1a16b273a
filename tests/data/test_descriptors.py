"""HOG: what scikit-image says of a gradient that can be worked out by hand, and what an input asks for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.feature import hog

from fer_lightning.data.descriptors import Hog
from fer_lightning.data.inputs import InputSpec
from fer_lightning.errors import FerError


def test_a_ramp_to_the_right_has_all_its_gradient_in_the_first_direction():
    ramp = np.tile(np.arange(16, dtype=np.uint8), (16, 1))[None, None]
    (values,) = Hog(orientations=9, cell=8, block=1)(ramp)
    cells = values.reshape(4, 9)
    assert (cells[:, 1:] == 0).all()
    assert cells[:, 0] == pytest.approx(1, abs=1e-3)  # one value a block, normalised


def test_a_ramp_downwards_has_it_in_the_middle():
    ramp = np.tile(np.arange(16, dtype=np.uint8)[:, None], (1, 16))[None, None]
    (values,) = Hog(orientations=9, cell=8, block=1)(ramp)
    assert values.reshape(4, 9).argmax(axis=1).tolist() == [4] * 4  # 90 of 180 degrees is in the fifth of nine bins


def test_every_image_is_described_as_scikit_image_describes_it_alone():
    images = np.random.default_rng(0).integers(0, 256, (3, 1, 48, 48), dtype=np.uint8)
    theirs = [hog(image[0], 9, (8, 8), (2, 2)) for image in images]
    ours = Hog()(images)
    assert ours.shape == (3, 900)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_three_equal_channels_say_what_one_says():
    grey = np.random.default_rng(1).integers(0, 256, (2, 1, 32, 32), dtype=np.uint8)
    np.testing.assert_array_equal(Hog()(grey), Hog()(np.repeat(grey, 3, axis=1)))


@pytest.mark.parametrize(
    ("hog", "size", "message"),
    [
        ({"cell": 0}, 48, r"model\.input\.hog\.cell=0: choose 1 or more"),
        ({"cells": 8}, 48, r"model\.input\.hog\.cells=8: choose a whole number for each of .*cell"),
        ({"cell": 8.5}, 48, r"model\.input\.hog\.cell=8\.5: choose a whole number"),
        ({"cell": 8, "block": 3}, 16, r"a block of 3 x 8 pixels is wider than the image of 16: make cell or block"),
    ],
)
def test_an_impossible_descriptor_is_refused(hog, size, message):
    with pytest.raises(FerError, match=message):
        InputSpec(size=size, hog=hog)


def test_an_input_describes_tensors_of_bytes_and_of_floats_alike():
    spec = InputSpec(size=32, hog={"cell": 8})
    images = torch.randint(0, 256, (2, 1, 32, 32), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(spec.describe(images.byte()), spec.describe(images.float()), rtol=0, atol=0)
    torch.testing.assert_close(spec.describe(images.byte()), torch.from_numpy(Hog()(images.byte().numpy())))
