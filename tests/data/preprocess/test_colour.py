"""Grey and saturation: pixels worked out by hand, and what must hold for every picture."""

from __future__ import annotations

import warnings

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from fer_lightning.data.preprocess.colour import check_weights, saturate, to_grey
from fer_lightning.errors import FerError

PAPER_D = (0.213, 0.715, 0.072)
PICTURES = arrays(np.uint8, st.tuples(st.integers(1, 8), st.integers(1, 8), st.just(3)))


@pytest.fixture
def picture():
    return np.random.default_rng(0).integers(0, 256, (20, 15, 3), dtype=np.uint8)


def test_grey_by_hand_with_the_weights_of_paper_d():
    # 0.213 * 200 + 0.715 * 100 + 0.072 * 50 = 117.7; 0.213 * 255 = 54.3; 0.715 * 255 = 182.3; 0.072 * 255 = 18.4
    image = np.array([[[200, 100, 50], [255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]]], dtype=np.uint8)
    assert to_grey(image, PAPER_D).tolist() == [[118, 54, 182, 18, 255]]


def test_grey_without_weights_is_opencvs(picture):
    assert np.array_equal(to_grey(picture, None), cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    assert not np.array_equal(to_grey(picture, None), to_grey(picture, PAPER_D))


def test_opencvs_weights_are_those_of_itu_r_601(picture):
    difference = to_grey(picture, None).astype(int) - to_grey(picture, [0.299, 0.587, 0.114])
    assert np.abs(difference).max() <= 1
    assert (difference == 0).mean() > 0.99


def test_weights_whose_sum_is_a_little_above_one_do_not_wrap_around():
    assert to_grey(np.full((2, 2, 3), 255, dtype=np.uint8), (0.335, 0.335, 0.335)).tolist() == [[255, 255], [255, 255]]


@pytest.mark.parametrize(
    "weights",
    [
        (0.5, 0.5),
        (0.25, 0.25, 0.25, 0.25),
        (1.2, -0.1, -0.1),
        (0.3, 0.3, 0.3),
        (0.4, 0.4, 0.22),
        (float("nan"), 0.5, 0.5),
        ("0.2", "0.7", "0.1"),
        0.3,
    ],
)
def test_weights_that_are_none_are_refused(picture, weights):
    for refuse in (check_weights, lambda w: to_grey(picture, w), lambda w: saturate(picture, 2.0, w)):
        with pytest.raises(FerError, match=r"preprocess\.grey=.*: choose null .* or three weights of R, G and B"):
            refuse(weights)


def test_weights_within_a_hundredth_of_one_are_taken():
    for weights in (PAPER_D, (0.3, 0.6, 0.109), [1, 0, 0]):
        check_weights(weights)
        assert to_grey(np.full((1, 1, 3), 255, dtype=np.uint8), weights).tolist() == [[255]]


def test_saturation_by_hand():
    # grey 117.7; twice as far from it: 200 -> 282.3, 100 -> 82.3, 50 -> -17.7; half as far: 158.85, 108.85, 83.85
    pixel = np.array([[[200, 100, 50]]], dtype=np.uint8)
    assert saturate(pixel, 2.0, PAPER_D).tolist() == [[[255, 82, 0]]]
    assert saturate(pixel, 0.5, PAPER_D).tolist() == [[[159, 109, 84]]]


def test_saturation_without_weights_takes_those_of_itu_r_601():
    # grey 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2; half as far from it: 162.1, 112.1, 87.1
    pixel = np.array([[[200, 100, 50]]], dtype=np.uint8)
    assert saturate(pixel, 0.5).tolist() == [[[162, 112, 87]]]


def test_saturation_is_the_colour_matrix(picture):
    matrix = (1 - 1.6) * np.tile(PAPER_D, (3, 1)) + 1.6 * np.eye(3)
    expected = cv2.transform(picture.astype(np.float64), matrix).clip(0, 255)
    assert np.abs(saturate(picture, 1.6, PAPER_D) - expected).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("weights", [None, PAPER_D])
@settings(max_examples=50, deadline=None)
@given(image=PICTURES)
def test_one_changes_nothing_and_zero_is_grey(weights, image):
    assert np.array_equal(saturate(image, 1.0, weights), image)
    none_left = saturate(image, 0.0, weights)
    assert (none_left == none_left[..., :1]).all()
    # OpenCV adds up in fixed point
    assert np.abs(none_left[..., 0].astype(int) - to_grey(image, weights)).max() <= (1 if weights is None else 0)


@pytest.mark.parametrize("amount", [0.0, 0.4, 1.0, 3.0, 50.0])
@pytest.mark.parametrize("weights", [None, PAPER_D])
def test_grey_pixels_keep_their_level(amount, weights):
    ramp = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    assert np.array_equal(saturate(ramp, amount, weights), ramp)


def test_a_grey_image_comes_back_as_it_is(picture):
    grey = picture[..., 0]
    assert saturate(grey, 3.0, PAPER_D) is grey


@settings(max_examples=50, deadline=None)
@given(image=PICTURES, amount=st.floats(0, 1e6))
def test_any_amount_keeps_shape_and_type_and_raises_no_warning(image, amount):
    before = image.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = saturate(image, amount, PAPER_D)
    assert result.shape == image.shape
    assert result.dtype == np.uint8
    assert np.array_equal(image, before)


@pytest.mark.parametrize("amount", [-0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("colour", [True, False])
def test_an_impossible_amount_is_refused(picture, amount, colour):
    with pytest.raises(FerError, match=r"preprocess\.saturation=.*: choose 0 \(grey\) or more; 1 changes nothing"):
        saturate(picture if colour else picture[..., 0], amount)
