"""Statistics of training images are numpy's, whatever the number of pieces in which they are read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_lightning.data import statistics
from fer_lightning.data.statistics import channel_statistics, mean_image

ROWS = np.array([0, 3, 4, 7, 11, 12])


@pytest.fixture(params=[4096, 4])
def pieces(request, monkeypatch):
    monkeypatch.setattr(statistics, "CHUNK", request.param)


@pytest.fixture(scope="module")
def grey():
    return np.random.default_rng(0).integers(0, 256, (13, 8, 8), dtype=np.uint8)


@pytest.fixture(scope="module")
def colour():
    return np.random.default_rng(1).integers(0, 256, (13, 8, 8, 3), dtype=np.uint8)


def test_channels_are_numpys(pieces, colour):
    mean, std = channel_statistics(colour, ROWS, 3)
    assert mean == pytest.approx((colour[ROWS] / 255).mean(axis=(0, 1, 2)).tolist(), abs=1e-12)
    assert std == pytest.approx((colour[ROWS] / 255).std(axis=(0, 1, 2)).tolist(), abs=1e-12)


def test_grey_says_the_same_of_each_channel(grey):
    mean, std = channel_statistics(grey, ROWS, 3)
    assert mean == pytest.approx([(grey[ROWS] / 255).mean()] * 3, abs=1e-12)
    assert len(set(std)) == 1


def test_the_mean_image_is_numpys(pieces, grey, colour):
    own = mean_image(grey, ROWS, 8, 1, whole=False)
    assert own.dtype == np.float32
    np.testing.assert_allclose(own[0], grey[ROWS].mean(axis=0) / 255, atol=1e-7)
    np.testing.assert_allclose(
        mean_image(colour, ROWS, 8, 3, whole=False), colour[ROWS].mean(axis=0).transpose(2, 0, 1) / 255, atol=1e-7
    )


def test_the_mean_image_is_of_what_the_net_sees(grey):
    centre = grey[ROWS][:, 2:6, 2:6].mean(axis=0) / 255
    three = mean_image(grey, ROWS, 4, 3, whole=False)
    assert three.shape == (3, 4, 4)
    for channel in three:
        np.testing.assert_allclose(channel, centre, atol=1e-7)
    shrunk = np.stack([cv2.resize(image, (4, 4), interpolation=cv2.INTER_AREA) for image in grey[ROWS]])
    np.testing.assert_allclose(mean_image(grey, ROWS, 4, 1, whole=True)[0], shrunk.mean(axis=0) / 255, atol=1e-7)
