"""Finds exact copies of images, and near copies, mirrored ones included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.faces import FaceSet, Integers
from fer_lightning.data.image_digests import image_digests
from fer_lightning.data.images import Images, Pixels, Rows

SIDE = 24  # of a thumbnail, in pixels
NEAR = 0.90  # least correlation of near copies
FLAT = 0.01  # grey levels; smaller variation of a thumbnail is rounding error
BLOCK = 512  # thumbnails per side of a matrix product; larger ones exceed the processor's cache and take longer
Floats = npt.NDArray[np.float32]
Booleans = npt.NDArray[np.bool_]


def copy_groups(faces: FaceSet) -> Integers:
    """(N,) group numbers from 0 in the order of the rows; exact copies share a group.

    Images are exact copies if the column `digest` is equal or, without that column, if size and pixels are.
    """
    _, first, group = np.unique(image_digests(faces), return_index=True, return_inverse=True)
    numbers = np.empty(len(first), dtype=np.int64)
    numbers[np.argsort(first)] = np.arange(len(first))  # unique sorts by digest; here by the first row of each
    return numbers[group]


def count_copies(groups: Integers, first: Integers, second: Integers) -> int:
    """How many images of the index array `second` have a copy among those of `first`."""
    return int(np.isin(groups[second], groups[first]).sum())


class ClosestMatches(NamedTuple):
    """The most similar other image for each of Q images.

    Attributes:
        correlation: (Q,) from -1 to 1; minus infinity if there is no other image.
        other: (Q,) index of the other image; -1 if there is none. Any one of those that differ only by rounding.
    """

    correlation: Floats
    other: Integers


def thumbnails(images: Images) -> Floats:
    """(N, 576) thumbnails of N images, which are read one by one."""
    result = np.empty((len(images), SIDE * SIDE), dtype=np.float32)
    for number, image in enumerate(images):
        result[number] = thumbnail(image)
    return result


def thumbnail(image: Pixels) -> Floats:
    """(576,) grey values of an image at 24x24, with zero mean and unit length; zeros for a constant image.

    The product of two thumbnails is the zero-mean correlation of their images.

    Args:
        image: (H, W) grey or (H, W, 3) RGB, uint8. Areas are averaged (2x2 means at 48x48); an image with a side below
            24 pixels is enlarged bilinearly.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY) if image.ndim == 3 else image
    method = cv2.INTER_AREA if min(grey.shape) >= SIDE else cv2.INTER_LINEAR
    small = cv2.resize(grey.astype(np.float32), (SIDE, SIDE), interpolation=method).ravel()
    if np.ptp(small) < FLAT:
        return np.zeros(SIDE * SIDE, dtype=np.float32)
    small -= small.mean()
    unit: Floats = (small / np.linalg.norm(small)).astype(np.float32)
    return unit


def find_closest(queries: Floats, others: Floats, same: bool = False, block: int = BLOCK) -> ClosestMatches:
    """For each image the highest correlation with any other image or its horizontal mirror image.

    Time grows with Q times M; memory is a few times `block` squared numbers.

    Args:
        queries: (Q, 576) thumbnails.
        others: (M, 576) thumbnails.
        same: both are the same images, and none is compared with itself or its own mirror image.
        block: thumbnails per side of a matrix product.
    """
    correlation = np.full(len(queries), -np.inf, dtype=np.float32)
    found = ClosestMatches(correlation, np.full(len(queries), -1, dtype=np.int64))
    for rows in _blocks(0, len(queries), block):
        wanted = _halves(queries[rows])
        # correlation is symmetric: half of the blocks are enough
        for columns in _blocks(rows.start if same else 0, len(others), block):
            alike = _correlate(wanted, _halves(others[columns]))
            if same and rows == columns:
                np.fill_diagonal(alike, -np.inf)
            _update_best(found, rows, alike, columns.start)
            if same and rows != columns:
                _update_best(found, columns, alike.T, rows.start)
    np.minimum(correlation, 1, out=correlation)  # rounding may exceed 1
    return found


def has_near_copy(found: ClosestMatches, exact: Booleans) -> Booleans:
    """(Q,) whether an image has a near copy: one with a correlation of 0.90 or more, or an exact copy.

    Blank images correlate with nothing, so that only exact copies of them are found.

    Args:
        found: the result of `find_closest`.
        exact: (Q,) whether it has an exact copy among the same images, from `has_copy` or `has_copy_within`.
    """
    near: Booleans = (found.correlation >= NEAR) | exact
    return near


def has_copy(groups: Integers, others: Integers) -> Booleans:
    """(Q,) whether an image has an exact copy among M others; both are given by their groups of `copy_groups`."""
    return np.isin(groups, others)


def has_copy_within(groups: Integers) -> Booleans:
    """(N,) whether an image has an exact copy among the others, by their groups of `copy_groups`."""
    _, place, counts = np.unique(groups, return_inverse=True, return_counts=True)
    several: Booleans = counts[place] > 1
    return several


def _blocks(start: int, stop: int, size: int) -> Iterator[slice]:
    return (slice(at, min(at + size, stop)) for at in range(start, stop, size))


def _halves(thumbs: Floats) -> tuple[Floats, Floats]:
    """(N, 288) each: the symmetric and the antisymmetric part of a thumbnail under mirroring.

    With x = s + d and the mirror image of y = s' - d', the two correlations are ss' + dd' and ss' - dd': mirror
    images need no second product.
    """
    pictures = thumbs.reshape(-1, SIDE, SIDE)
    left, right = pictures[:, :, : SIDE // 2], pictures[:, :, : SIDE // 2 - 1 : -1]
    scale = np.float32(np.sqrt(0.5))
    shape = (len(thumbs), SIDE * SIDE // 2)
    return ((left + right) * scale).reshape(shape), ((left - right) * scale).reshape(shape)


def _correlate(wanted: tuple[Floats, Floats], others: tuple[Floats, Floats]) -> Floats:
    """(Q, M) the larger of the two correlations, with the image and with its mirror image."""
    alike: Floats = wanted[0] @ others[0].T
    turned: Floats = wanted[1] @ others[1].T
    alike += np.abs(turned, out=turned)
    return alike


def _update_best(found: ClosestMatches, place: slice, alike: Floats, start: int) -> None:
    """Updates the best matches; the first column of `alike` is the other image `start`."""
    better = np.flatnonzero(alike.max(axis=1) > found.correlation[place])
    column = alike[better].argmax(axis=1)
    found.correlation[place][better] = alike[better, column]
    found.other[place][better] = start + column


def find_exact_copies(faces: FaceSet, rows: Integers, others: Integers) -> Booleans:
    """(Q,) whether each of the images `rows` has an exact copy among `others`."""
    groups = copy_groups(faces)
    return has_copy(groups[rows], groups[others])


def find_near_copies(faces: FaceSet, rows: Integers, others: Integers, exact: Booleans) -> Booleans:
    """(Q,) whether each of the images `rows` has a near copy among `others`; `exact` (Q,) ones are near copies."""
    found = find_closest(thumbnails(Rows(faces.pixels, rows)), thumbnails(Rows(faces.pixels, others)))
    return has_near_copy(found, exact)
