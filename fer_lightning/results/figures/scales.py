"""The ticks of a scale, and labels that keep their distance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import isotonic_regression


def epoch_ticks(first: int, last: int) -> list[int]:
    """The first epoch and at most six round ones up to the last; none so near the first that they would touch."""
    step = next(s * 10**k for k in range(12) for s in (1, 2, 5) if (last - first) / (s * 10**k) <= 5)
    return [first, *(tick for tick in range(0, last + 1, step) if tick >= first + 0.8 * step)]


def worded(ticks: Sequence[float]) -> dict[float, str]:
    """Each tick and its text, all with as many decimals as the one that needs most: `0.5` and `1.0`."""
    short = {tick: f"{tick:g}" for tick in ticks}
    decimals = max([len(text.partition(".")[2]) for text in short.values()], default=0)
    return short if "e" in "".join(short.values()) else {tick: f"{tick:.{decimals}f}" for tick in ticks}


def apart(places: Sequence[float], gap: float, top: float = 1.0) -> list[float]:
    """The places, moved no more than needed to stand `gap` apart and in 0..top; their order stays."""
    order = np.argsort(places, kind="stable")
    steps = gap * np.arange(len(places))
    # without the steps, to be apart is to rise: the nearest rising line, brought inside, has the least to move
    level = isotonic_regression(np.asarray(places, dtype=np.float64)[order] - steps).x.clip(0, top - steps[-1])
    return [float(place) for place in (level + steps)[np.argsort(order)]]
