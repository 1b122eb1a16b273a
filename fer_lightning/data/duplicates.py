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
NEAR = 0.90  # the correlation from which two pictures are near copies
FLAT = 0.01  # grey levels; a thumbnail that varies less is the rounding of its means
BLOCK = 512  # thumbnails on either side of one product; larger products leave the processor's cache and take longer
Floats = npt.NDArray[np.float32]
Booleans = npt.NDArray[np.bool_]


def copy_groups(faces: FaceSet) -> Integers:
    """(N,) numbers from 0 in the order of the rows: the same pictures share one, all others have their own.

    The column `digest`, where there is one, says which are the same; else size and pixels do.
    """
    _, first, group = np.unique(image_digests(faces), return_index=True, return_inverse=True)
    numbers = np.empty(len(first), dtype=np.int64)
    numbers[np.argsort(first)] = np.arange(len(first))  # unique sorts by digest; here by the first row of each
    return numbers[group]


def count_copies(groups: Integers, first: Integers, second: Integers) -> int:
    """How many images of the index array `second` have a copy among those of `first`."""
    return int(np.isin(groups[second], groups[first]).sum())


class ClosestMatches(NamedTuple):
    """The most alike of the other pictures, for each of Q pictures.

    Attributes:
        correlation: (Q,) from -1 to 1; minus infinity where there is no other picture.
        other: (Q,) the other picture's number; -1 where there is none. Of several that are equal but for rounding,
            one of them.
    """

    correlation: Floats
    other: Integers


def thumbnails(images: Images) -> Floats:
    """(N, 576) of N pictures, looked at one by one; `thumbnail` says how."""
    result = np.empty((len(images), SIDE * SIDE), dtype=np.float32)
    for number, image in enumerate(images):
        result[number] = thumbnail(image)
    return result


def thumbnail(image: Pixels) -> Floats:
    """(576,) a picture's grey values at 24x24, less their mean, of unit length; zeros where nothing varies.

    The product of two is the zero-mean correlation of their pictures.

    Args:
        image: (H, W) grey or (H, W, 3) RGB, uint8. Its areas are averaged (2x2 means at 48x48), or it is enlarged
            bilinearly where a side has fewer than 24 pixels.
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
    """For each picture the highest correlation with any other picture, or with its mirror image (left for right).

    Takes a time that grows with Q times M, and memory for a few times `block` squared numbers.

    Args:
        queries: (Q, 576) thumbnails.
        others: (M, 576) thumbnails.
        same: both are the same pictures, and none is compared with itself, nor with its own mirror image.
        block: thumbnails on either side that are compared at once.
    """
    correlation = np.full(len(queries), -np.inf, dtype=np.float32)
    found = ClosestMatches(correlation, np.full(len(queries), -1, dtype=np.int64))
    for rows in _blocks(0, len(queries), block):
        wanted = _halves(queries[rows])
        # what one picture is to a second, the second is to it: half of the blocks say all
        for columns in _blocks(rows.start if same else 0, len(others), block):
            alike = _correlate(wanted, _halves(others[columns]))
            if same and rows == columns:
                np.fill_diagonal(alike, -np.inf)
            _update_best(found, rows, alike, columns.start)
            if same and rows != columns:
                _update_best(found, columns, alike.T, rows.start)
    np.minimum(correlation, 1, out=correlation)  # rounding goes a little beyond
    return found


def has_near_copy(found: ClosestMatches, exact: Booleans) -> Booleans:
    """(Q,) whether a picture has a near copy: correlated with it by 0.90 or more, or an exact copy (blank ones).

    Args:
        found: the answer of `closest`.
        exact: (Q,) whether it has an exact copy among the same other pictures; `has_copy`, `has_copy_within`.
    """
    near: Booleans = (found.correlation >= NEAR) | exact
    return near


def has_copy(groups: Integers, others: Integers) -> Booleans:
    """(Q,) whether a picture has an exact copy among M others; both by their numbers from `copy_groups`."""
    return np.isin(groups, others)


def has_copy_within(groups: Integers) -> Booleans:
    """(N,) whether a picture has an exact copy among the rest, by their numbers from `copy_groups`."""
    _, place, counts = np.unique(groups, return_inverse=True, return_counts=True)
    several: Booleans = counts[place] > 1
    return several


def _blocks(start: int, stop: int, size: int) -> Iterator[slice]:
    return (slice(at, min(at + size, stop)) for at in range(start, stop, size))


def _halves(thumbs: Floats) -> tuple[Floats, Floats]:
    """(N, 288) each: what a thumbnail shares with its mirror image, and what changes its sign there.

    With x = s + d and the mirror image of y = s' - d', the two correlations are ss' + dd' and ss' - dd': mirror
    images cost no second product.
    """
    pictures = thumbs.reshape(-1, SIDE, SIDE)
    left, right = pictures[:, :, : SIDE // 2], pictures[:, :, : SIDE // 2 - 1 : -1]
    scale = np.float32(np.sqrt(0.5))
    shape = (len(thumbs), SIDE * SIDE // 2)
    return ((left + right) * scale).reshape(shape), ((left - right) * scale).reshape(shape)


def _correlate(wanted: tuple[Floats, Floats], others: tuple[Floats, Floats]) -> Floats:
    """(Q, M) the larger correlation of the two, straight and mirrored."""
    alike: Floats = wanted[0] @ others[0].T
    turned: Floats = wanted[1] @ others[1].T
    alike += np.abs(turned, out=turned)
    return alike


def _update_best(found: ClosestMatches, place: slice, alike: Floats, start: int) -> None:
    """Notes where these correlations, the first column of which is the other picture `start`, beat those so far."""
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
