"""Reflectance against other libraries' solvers, and what must hold when only the light differs."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.fft import dct as dct_of_rows
from scipy.ndimage import gaussian_filter
from scipy.sparse import diags_array, eye_array, kron
from scipy.sparse.linalg import spsolve
from skimage import exposure, filters

from fer_lightning.data.preprocess.illumination import dct, difference_of_gaussians, isotropic_diffusion
from fer_lightning.errors import FerError

REFLECTANCES = [isotropic_diffusion, dct, difference_of_gaussians]


@pytest.fixture
def noise():
    return np.random.default_rng(0).integers(0, 256, (40, 31), dtype=np.uint8)


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
def test_options_out_of_range_are_refused_by_name(noise, step, options, message):
    with pytest.raises(FerError, match=message):
        step(noise, **options)
