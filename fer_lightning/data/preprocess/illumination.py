"""Illumination normalisation filters for grey faces."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt
from scipy.fft import dctn, idctn
from scipy.ndimage import gaussian_filter

from fer_lightning.data.faces import Pixels
from fer_lightning.errors import FerError

Floats = npt.NDArray[np.float64]

ROUNDING = 1e-9  # a smaller range is the rounding error of a constant image
MID_GREY = 128
MAX_SIGMA = 1000.0  # pixels; a wider filter takes minutes, and no face is as large


def isotropic_diffusion(image: Pixels, smoothness: float = 7.0) -> Pixels:
    """Reflectance I / L, where the light L minimises the sum of (L - I)^2 + smoothness * |grad L|^2.

    The diffusion is isotropic and homogeneous, with no flow over the border. The equation is solved exactly: a cosine
    transform makes it diagonal. Heusch, Cardinaux & Marcel 2005, IDIAP-Com 05-03; one of the filters that paper E
    reports from Shin, Kim & Kwon 2016.

    Args:
        image: (H, W) uint8.
        smoothness: weight of the gradient, in squared pixels, above 0; larger values make the light smoother. The
            default is that of the INface toolbox, which chose it for faces of 128x128.

    Returns:
        (H, W) uint8, stretched to 0..255 with 0.4 % of the pixels clipped at each end, as INface does; a constant image
        becomes mid-grey.

    Raises:
        FerError: `smoothness` is not a finite number above 0.
    """
    _check_positive("smoothness", smoothness)
    light = idctn(dctn(image.astype(np.float64)) / _diffusion_spectrum(image.shape, smoothness))
    # the reflectance of a black pixel is 0; the light at any other pixel is above 0
    reflectance = np.divide(image, light, out=np.zeros(image.shape), where=image > 0)
    return _stretch(reflectance, clipped=0.004)


def dct(image: Pixels, coefficients: int = 50) -> Pixels:
    """Removes the lowest frequencies from the logarithm of an image. Chen, Er & Wu 2006, IEEE Trans. SMC-B 36(2).

    The frequencies are those of a cosine transform of the whole image, in zig-zag order. The mean is kept; it does not
    affect the stretched result.

    Args:
        image: (H, W) uint8.
        coefficients: number of frequencies to remove, 0 or more; H * W - 1 or more leave a constant image. The default
            is that of the INface toolbox, which chose it for faces of 128x128.

    Returns:
        (H, W) uint8, stretched to 0..255 with 0.2 % of the pixels clipped at each end, as INface does; a constant image
        becomes mid-grey.

    Raises:
        FerError: `coefficients` is not a whole number of 0 or more.
    """
    if not (isinstance(coefficients, int) and coefficients >= 0):
        raise FerError(f"preprocess.options.coefficients={coefficients}: choose a whole number, 0 or more")
    spectrum = dctn(np.log1p(image.astype(np.float64)))  # 1 is added because 0 has no logarithm
    spectrum.flat[_lowest_frequencies(image.shape, coefficients)] = 0
    return _stretch(idctn(spectrum), clipped=0.002)


def difference_of_gaussians(image: Pixels, narrow: float = 1.0, wide: float = 2.0) -> Pixels:
    """The difference of a narrow and a wide Gaussian filter. One of the filters that paper E reports.

    Both Gaussians are truncated at 4 sigma, and the border is replicated.

    Args:
        image: (H, W) uint8.
        narrow: sigma of the narrow Gaussian, in pixels, above 0. Both defaults are those of the INface toolbox.
        wide: sigma of the wide Gaussian, in pixels, above `narrow`, at most 1000.

    Returns:
        (H, W) uint8, stretched to 0..255 with 0.2 % of the pixels clipped at each end, as INface does; a constant image
        becomes mid-grey.

    Raises:
        FerError: a sigma is not a finite number above 0, they are not in order, or `wide` is above 1000.
    """
    _check_positive("narrow", narrow)
    _check_positive("wide", wide)
    if wide <= narrow:
        raise FerError(f"preprocess.options.wide={wide}: choose one above preprocess.options.narrow={narrow}")
    if wide > MAX_SIGMA:
        raise FerError(f"preprocess.options.wide={wide}: choose at most {MAX_SIGMA:g} pixels")
    floats = image.astype(np.float64)
    fine, coarse = (gaussian_filter(floats, sigma, mode="nearest", truncate=4.0) for sigma in (narrow, wide))
    return _stretch(fine - coarse, clipped=0.002)


@lru_cache(maxsize=8)
def _diffusion_spectrum(shape: tuple[int, int], smoothness: float) -> Floats:
    # eigenvalues of 1 - smoothness * Laplacian for each frequency of the cosine transform
    rows, columns = (2 - 2 * np.cos(np.pi * np.arange(side) / side) for side in shape)
    return np.asarray(1 + smoothness * (rows[:, None] + columns), dtype=np.float64)


@lru_cache(maxsize=8)
def _lowest_frequencies(shape: tuple[int, int], count: int) -> npt.NDArray[np.int64]:
    # flat indices of the first frequencies after the mean; every second diagonal of the zig-zag runs upwards
    row, column = np.indices(shape).reshape(2, -1)
    diagonal = row + column
    order = np.lexsort((np.where(diagonal % 2, row, column), diagonal))
    return order[1 : 1 + count]


def _stretch(values: Floats, clipped: float) -> Pixels:
    low, high = np.quantile(values, (clipped, 1 - clipped))
    if high - low < ROUNDING:
        return np.full(values.shape, MID_GREY, dtype=np.uint8)
    return np.asarray(np.rint((values.clip(low, high) - low) * (255 / (high - low))), dtype=np.uint8)


def _check_positive(name: str, value: float) -> None:
    if not (isinstance(value, int | float) and 0 < value < math.inf):
        raise FerError(f"preprocess.options.{name}={value}: choose a finite number above 0")


def equalize(image: Pixels) -> Pixels:
    """Histogram equalisation of one (H, W) uint8 image, by OpenCV's formula. Paper A, section 3.1."""
    return np.asarray(cv2.equalizeHist(image), dtype=np.uint8)


def equalize_eq12(image: Pixels, low: int = 0, high: int = 255) -> Pixels:
    """Histogram equalisation as paper C writes it: INT[(high - low) * T(r) + low + 0.5]. Section II.C, eq. 10-12.

    T(r) is the share of pixels up to grey level r. OpenCV leaves an image's darkest level out of that share, so that
    its darkest pixels become 0; here they do not. A constant image becomes `high` everywhere.

    Args:
        image: (H, W) uint8.
        low: e_min, a grey level. The paper gives neither end; the default is the full range.
        high: e_max, a grey level above `low`.

    Returns:
        (H, W) uint8 in low..high.

    Raises:
        FerError: `low` or `high` is no whole number in 0..255, or they are not in order.
    """
    for name, level in (("low", low), ("high", high)):
        if not (isinstance(level, int) and 0 <= level <= 255):
            raise FerError(f"preprocess.options.{name}={level}: choose a grey level, a whole number in 0..255")
    if low >= high:
        raise FerError(f"preprocess.options.low={low}: choose one below preprocess.options.high={high}")
    up_to = np.cumsum(np.bincount(image.ravel(), minlength=256))
    # in integers, with both sides doubled: a half would depend on the rounding of a float
    levels = low + (2 * (high - low) * up_to + image.size) // (2 * image.size)
    return levels.astype(np.uint8)[image]


ILLUMINATIONS: dict[str, Callable[..., Pixels] | None] = {
    "none": None,
    "equalize": equalize,
    "equalize_eq12": equalize_eq12,
    "isotropic_diffusion": isotropic_diffusion,
    "dct": dct,
    "difference_of_gaussians": difference_of_gaussians,
}
"""Name -> function from a (H, W) uint8 image, and options by keyword, to an image of the same shape and type."""
