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
from scipy.fft import dct as dct_of_rows
from scipy.ndimage import gaussian_filter
from scipy.sparse import diags_array, eye_array, kron
from scipy.sparse.linalg import spsolve
from skimage import exposure, filters

from fer_lightning.data.preprocess.illumination import (
    ILLUMINATIONS,
    dct,
    difference_of_gaussians,
    equalize,
    equalize_eq12,
    isotropic_diffusion,
)
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


REFLECTANCES = [isotropic_diffusion, dct, difference_of_gaussians]


@pytest.fixture
def face():
    """(64, 64) floats of about 60..145: an oval with features, and fine texture."""
    y, x = np.mgrid[-1:1:64j, -1:1:64j]
    features = sum(np.exp(-((x - a) ** 2 + (y - b) ** 2) / 0.01) for a, b in [(-0.35, -0.3), (0.35, -0.3), (0, 0.45)])
    texture = gaussian_filter(np.random.default_rng(0).normal(0, 20, (64, 64)), 1)
    return 80 + 50 * (x**2 + (y / 1.2) ** 2 < 0.6) - 60 * features + texture


def stretched(values, percent):
    """The same stretch, by scikit-image."""
    low, high = np.percentile(values, (percent, 100 - percent))
    return np.rint(exposure.rescale_intensity(values, in_range=(low, high), out_range=(0.0, 255.0)))


def correlation(one, other):
    return np.corrcoef(one.ravel().astype(float), other.ravel().astype(float))[0, 1]


@pytest.mark.parametrize("smoothness", [0.5, 7.0, 400.0])
def test_isotropic_diffusion_divides_by_the_solution_of_the_sparse_equation(noise, smoothness):
    def edges(side):  # differences of neighbours, none over the border
        return diags_array([-np.ones(side - 1), np.ones(side - 1)], offsets=[0, 1], shape=(side - 1, side))

    rows, columns = noise.shape
    down, right = kron(edges(rows), eye_array(columns)), kron(eye_array(rows), edges(columns))
    equation = eye_array(noise.size) + smoothness * (down.T @ down + right.T @ right)
    light = spsolve(equation.tocsc(), noise.ravel().astype(float)).reshape(noise.shape)
    difference = isotropic_diffusion(noise, smoothness) - stretched(noise / light, 0.4)
    assert np.abs(difference).max() <= 1


def test_isotropic_diffusion_does_not_see_a_gain(noise):
    dim = noise // 8
    treated = isotropic_diffusion(dim)
    assert np.array_equal(isotropic_diffusion(dim * 8), treated)
    assert np.abs(isotropic_diffusion(dim * 7).astype(int) - treated).max() <= 1


def test_black_pixels_reflect_nothing_even_far_from_all_light():
    image = np.zeros((640, 490), dtype=np.uint8)
    image[:30, :30] = np.random.default_rng(0).integers(1, 256, (30, 30))
    image[:, 400:] = 90
    treated = isotropic_diffusion(image)
    assert set(treated[image == 0].tolist()) == {0}
    assert treated[image > 0].min() > 0


@pytest.mark.parametrize(
    ("count", "places"),
    [
        (0, []),
        (1, [(0, 1)]),
        (4, [(0, 1), (1, 0), (2, 0), (1, 1)]),
        (9, [(0, 1), (1, 0), (2, 0), (1, 1), (0, 2), (0, 3), (1, 2), (2, 1), (3, 0)]),
    ],
)
@pytest.mark.parametrize("shape", [(12, 12), (8, 11)])
def test_dct_takes_away_the_first_frequencies_of_the_zigzag(count, places, shape):
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    down, right = (dct_of_rows(np.eye(side), axis=0, norm="ortho") for side in shape)
    spectrum = down @ np.log(image + 1.0) @ right.T
    for place in places:
        spectrum[place] = 0
    expected = stretched(down.T @ spectrum @ right, 0.2)
    assert np.abs(dct(image, count) - expected).max() <= 1


def test_dct_zigzag_goes_on_along_the_long_side_of_a_narrow_image():
    # of 2x8 frequencies, all but the mean and the last in the corner are taken away: a checkerboard-like wave is left
    image = np.random.default_rng(1).integers(0, 256, (2, 8), dtype=np.uint8)
    rows, columns = (np.cos(np.pi * (side - 1) * (np.arange(side) + 0.5) / side) for side in (2, 8))
    wave = np.outer(rows, columns)
    assert abs(correlation(dct(image, 14), wave)) > 0.999


def test_dct_without_any_frequency_is_flat(noise):
    assert set(dct(noise, noise.size - 1).ravel().tolist()) == {128}
    assert set(dct(noise, 10**6).ravel().tolist()) == {128}
    assert len(set(dct(noise, noise.size - 2).ravel().tolist())) > 1


@pytest.mark.parametrize(("narrow", "wide"), [(1.0, 2.0), (0.5, 4.0)])
def test_difference_of_gaussians_is_scikit_images(noise, narrow, wide):
    expected = stretched(filters.difference_of_gaussians(noise, narrow, wide, mode="nearest"), 0.2)
    difference = difference_of_gaussians(noise, narrow, wide) - expected
    assert np.abs(difference).max() <= 1
    assert (difference == 0).mean() > 0.99


@pytest.mark.parametrize("step", REFLECTANCES)
@pytest.mark.parametrize("direction", [0, 1])
def test_a_face_under_slanted_light_looks_more_like_itself_afterwards(face, step, direction):
    slope = np.linspace(0.15, 1.0, 64)
    slanted = face * (slope[:, None] if direction == 0 else slope)
    lit, unlit = slanted.astype(np.uint8), face.astype(np.uint8)
    before, after = correlation(lit, unlit), correlation(step(lit), step(unlit))
    assert before < 0.7
    assert after > 0.9


@pytest.mark.parametrize("step", REFLECTANCES)
def test_the_stretch_fills_the_range_and_clips_a_few_pixels(step):
    image = np.random.default_rng(0).integers(0, 256, (100, 100), dtype=np.uint8)
    treated = step(image)
    clipped = 0.004 if step is isotropic_diffusion else 0.002
    assert (treated == 255).mean() == pytest.approx(clipped, rel=0.5)
    assert (treated == 0).mean() >= clipped
    assert len(np.unique(treated)) > 200


@pytest.mark.parametrize("step", REFLECTANCES)
@pytest.mark.parametrize("shape", [(8, 8), (48, 48), (640, 490)])
@pytest.mark.parametrize("level", [0, 1, 77, 255])
def test_a_blank_image_gives_mid_grey_and_not_stretched_rounding_errors(step, shape, level):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        treated = step(np.full(shape, level, dtype=np.uint8))
    assert treated.shape == shape
    assert set(treated.ravel().tolist()) == {128}


@pytest.mark.parametrize(
    ("step", "options", "message"),
    [
        (isotropic_diffusion, {"smoothness": 0}, r"preprocess\.options\.smoothness=0: choose a finite number above 0"),
        (difference_of_gaussians, {"wide": 1e7}, r"preprocess\.options\.wide=10000000\.0: choose at most 1000 pixels"),
        (isotropic_diffusion, {"smoothness": float("nan")}, r"preprocess\.options\.smoothness=nan"),
        (isotropic_diffusion, {"smoothness": "much"}, r"preprocess\.options\.smoothness=much"),
        (dct, {"coefficients": -1}, r"preprocess\.options\.coefficients=-1: choose a whole number, 0 or more"),
        (dct, {"coefficients": 2.5}, r"preprocess\.options\.coefficients=2\.5"),
        (difference_of_gaussians, {"narrow": 0}, r"preprocess\.options\.narrow=0: choose a finite number above 0"),
        (difference_of_gaussians, {"wide": float("inf")}, r"preprocess\.options\.wide=inf"),
        (difference_of_gaussians, {"narrow": 2}, r"options\.wide=2\.0: choose one above preprocess\.options\.narrow=2"),
    ],
)
def test_filter_options_out_of_range_are_refused_by_name(noise, step, options, message):
    with pytest.raises(FerError, match=message):
        step(noise, **options)
