"""Equalisation by hand and by other libraries, and every treatment on whatever image hypothesis finds."""

from __future__ import annotations

import inspect
import warnings

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage import exposure

from fer_lightning.data.preprocess.illumination import ILLUMINATIONS, equalize, equalize_eq12
from fer_lightning.errors import FerError

TREATMENTS = {name: step for name, step in ILLUMINATIONS.items() if step is not None}


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (40, 31), dtype=np.uint8)


def test_the_names_are_those_that_a_config_may_give():
    assert list(ILLUMINATIONS) == [
        "none",
        "equalize",
        "equalize_eq12",
        "isotropic_diffusion",
        "dct",
        "difference_of_gaussians",
    ]
    assert ILLUMINATIONS["none"] is None


@pytest.mark.parametrize("step", TREATMENTS.values(), ids=TREATMENTS)
def test_every_option_has_a_plain_default(step):
    _, *options = inspect.signature(step).parameters.values()
    assert all(type(option.default) in (int, float) for option in options)


def test_equalize_agrees_with_opencvs_formula_in_fractions(noise):
    dark = noise // 2 + 30
    up_to = np.array([(dark <= level).sum() for level in range(256)])
    first = up_to[dark.min()]
    expected = np.rint(255 * (up_to[dark] - first) / (dark.size - first))
    assert np.array_equal(equalize(dark), expected)


def test_eq12_by_hand():
    # T(10) = 2/4, T(20) = 3/4, T(200) = 4/4: 127.5 + 0.5 = 128, 191.25 + 0.5 -> 191, 255.5 -> 255
    image = np.array([[10, 10], [20, 200]], dtype=np.uint8)
    assert equalize_eq12(image).tolist() == [[128, 128], [191, 255]]


def test_eq12_by_hand_between_two_other_ends():
    # 100 * 2/4 + 50 = 100, 100 * 3/4 + 50 = 125, 150
    image = np.array([[10, 10], [20, 200]], dtype=np.uint8)
    assert equalize_eq12(image, low=50, high=150).tolist() == [[100, 100], [125, 150]]


def test_eq12_is_not_opencvs_formula():
    # T = 3/9, 5/9, 9/9: 85, 141.67 + 0.5 -> 142, 255. OpenCV: (3 - 3) / 6, (5 - 3) / 6, (9 - 3) / 6 of 255
    image = np.array([[7, 7, 7], [8, 8, 9], [9, 9, 9]], dtype=np.uint8)
    assert equalize_eq12(image).tolist() == [[85, 85, 85], [142, 142, 255], [255, 255, 255]]
    assert cv2.equalizeHist(image).tolist() == [[0, 0, 0], [85, 85, 255], [255, 255, 255]]


def test_eq12_rounds_every_half_up():
    # 2 * 255 pixels, each level twice: T = k / 255, so with ends 0 and 1 the step lies between k = 127 and k = 128;
    # with 2 * 250 pixels the half is met at k = 125
    odd = np.repeat(np.arange(1, 256, dtype=np.uint8), 2).reshape(2, 255)
    assert equalize_eq12(odd, 0, 1)[odd == 127].tolist() == [0, 0]
    assert equalize_eq12(odd, 0, 1)[odd == 128].tolist() == [1, 1]
    even = odd[odd <= 250].reshape(2, 250)
    assert equalize_eq12(even, 0, 1)[even == 124].tolist() == [0, 0]
    assert equalize_eq12(even, 0, 1)[even == 125].tolist() == [1, 1]


def test_eq12_spreads_levels_as_scikit_image_does(noise):
    expected = exposure.equalize_hist(noise, nbins=256) * 255
    assert np.abs(equalize_eq12(noise) - expected).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("level", [0, 1, 77, 255])
def test_a_blank_image_goes_to_the_high_end_by_eq12(level):
    # T of its only level is 1
    assert set(equalize_eq12(np.full((9, 8), level, dtype=np.uint8), 5, 240).ravel().tolist()) == {240}


@pytest.mark.parametrize("step", TREATMENTS.values(), ids=TREATMENTS)
@settings(max_examples=40, deadline=None)
@given(image=arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 20))))
def test_any_image_keeps_its_shape_and_type_and_raises_no_warning(step, image):
    before = image.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        treated = step(image)
    assert treated.shape == image.shape
    assert treated.dtype == np.uint8
    assert np.array_equal(image, before)
    assert np.array_equal(step(image), treated)


@pytest.mark.parametrize("step", TREATMENTS.values(), ids=TREATMENTS)
def test_a_view_of_a_larger_array_is_treated_as_its_copy(step, noise):
    view = noise[::2, 5:25]
    assert np.array_equal(step(view), step(view.copy()))


@pytest.mark.parametrize(
    ("step", "options", "message"),
    [
        (equalize_eq12, {"low": -1}, r"preprocess\.options\.low=-1: choose a grey level, a whole number in 0\.\.255"),
        (equalize_eq12, {"high": 256}, r"preprocess\.options\.high=256: choose a grey level"),
        (equalize_eq12, {"high": 99.5}, r"preprocess\.options\.high=99\.5: .*a whole number"),
        (equalize_eq12, {"low": 9, "high": 9}, r"options\.low=9: choose one below preprocess\.options\.high=9"),
    ],
)
def test_options_out_of_range_are_refused_by_name(noise, step, options, message):
    with pytest.raises(FerError, match=message):
        step(noise, **options)
