"""Smooth curves through a few points, ellipses and tapered ribbons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]


@lru_cache(maxsize=64)
def _basis(count: int, samples: int, closed: bool) -> Points:
    """Catmull-Rom weights: curve = basis @ controls."""
    spans = count if closed else count - 1
    basis = np.zeros((spans * samples + (not closed), count))
    for row in range(len(basis)):
        span, t = divmod(row / samples, 1.0) if row < spans * samples else (spans - 1, 1.0)
        weights = (
            (-t + 2 * t**2 - t**3) / 2,
            (2 - 5 * t**2 + 3 * t**3) / 2,
            (t + 4 * t**2 - 3 * t**3) / 2,
            (t**3 - t**2) / 2,
        )
        for step, weight in enumerate(weights):
            index = int(span) + step - 1
            basis[row, index % count if closed else min(max(index, 0), count - 1)] += weight
    return basis


def spline(controls: npt.ArrayLike, samples: int = 6, closed: bool = False) -> Points:
    """A smooth curve (K, D) through every control point (C, D), `samples` points per span."""
    points = np.asarray(controls, dtype=np.float64)
    return _basis(len(points), samples, closed) @ points


@lru_cache(maxsize=8)
def _circle(samples: int) -> Points:
    angle = np.linspace(0, 2 * np.pi, samples, endpoint=False)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def ellipse(x: float, y: float, width: float, height: float, samples: int = 20) -> Points:
    """Outline (samples, 2) with half axes `width` and `height`."""
    return _circle(samples) * (width, height) + (x, y)


def cut_like(curves: Mapping[str, Points], points: Points) -> dict[str, Points]:
    """All `points` of some curves in a row, cut and named as the curves are."""
    named, start = {}, 0
    for name, curve in curves.items():
        named[name] = points[start : start + len(curve)]
        start += len(curve)
    return named


def ribbons(lines: Sequence[Points], widths: Sequence[float | Points]) -> list[Points]:
    """The polygons (2K, 2) around open lines (K, 2) of the given full widths, one number or one per point.

    All lines in one call: a face has a hundred, and numpy's cost is per call, not per point.
    """
    counts = [len(line) for line in lines]
    line = np.concatenate(lines)
    width = np.concatenate([np.full(k, w) for w, k in zip(widths, counts, strict=True)])
    ends = np.cumsum(counts)
    last, first = ends - 1, ends - counts
    along = np.empty_like(line)
    along[1:-1] = line[2:] - line[:-2]
    along[first] = line[first + 1] - line[first]
    along[last] = line[last] - line[last - 1]
    length = np.sqrt((along * along).sum(axis=1)) + 1e-9
    side = along[:, ::-1] * (0.5 * width / length)[:, None]
    side[:, 0] *= -1
    left, right = line + side, line - side
    return [np.concatenate([left[i:j], right[i:j][::-1]]) for i, j in zip(first.tolist(), ends.tolist(), strict=True)]


@lru_cache(maxsize=64)
def taper(samples: int, start: float = 0.15, end: float = 0.15) -> Points:
    """Relative widths of a stroke that is full in the middle and thin at its ends; do not write into it."""
    t = np.linspace(0, 1, samples)
    bump = np.sqrt(np.sin(np.pi * t).clip(0))
    widths: Points = np.maximum(bump, np.where(t < 0.5, start, end))
    return widths
