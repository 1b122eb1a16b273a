"""Facial action units and their combinations in the basic expressions, as the FACS manual and EMFACS describe them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

ACTION_UNITS = (1, 2, 4, 5, 6, 7, 9, 12, 15, 17, 20, 23, 25, 26)

Units = npt.NDArray[np.float64]
Range = tuple[float, float]


@dataclass(frozen=True)
class Prototype:
    """The action units of an expression at its apex, each with its range of intensity 0..1 (FACS E is 1).

    Attributes:
        always: units that define the expression.
        one_of: units of which one shows, at times more.
        at_times: optional units, each in half of the apexes.
        one_sided: the expression shows on one half of the face only.
    """

    always: Mapping[int, Range] = field(default_factory=dict)
    one_of: Mapping[int, Range] = field(default_factory=dict)
    at_times: Mapping[int, Range] = field(default_factory=dict)
    one_sided: bool = False

    @property
    def units(self) -> frozenset[int]:
        """Every unit that may show."""
        return frozenset((*self.always, *self.one_of, *self.at_times))


# The combinations are EMFACS's; the ranges are our decision: wide, but visible at 48 pixels.
PROTOTYPES: Mapping[str, Prototype] = {
    "angry": Prototype({4: (0.75, 1.0), 5: (0.3, 0.7), 7: (0.5, 1.0), 23: (0.6, 1.0)}, at_times={17: (0.3, 0.7)}),
    "disgust": Prototype({9: (0.75, 1.0)}, one_of={15: (0.4, 0.8), 17: (0.5, 1.0)}),
    "fear": Prototype(
        {1: (0.75, 1.0), 2: (0.4, 0.8), 4: (0.5, 0.9), 5: (0.7, 1.0), 20: (0.75, 1.0)},
        one_of={25: (0.6, 1.0), 26: (0.3, 0.6)},
    ),
    "happy": Prototype({6: (0.5, 1.0), 12: (0.7, 1.0)}, at_times={25: (0.4, 1.0)}),
    "sad": Prototype({1: (0.75, 1.0), 4: (0.4, 0.8), 15: (0.7, 1.0)}, at_times={17: (0.3, 0.8)}),
    "surprise": Prototype({1: (0.8, 1.0), 2: (0.8, 1.0), 5: (0.6, 1.0), 26: (0.65, 1.0)}, at_times={25: (0.3, 1.0)}),
    "neutral": Prototype(),
    "contempt": Prototype({12: (0.8, 1.0)}, one_sided=True),
}


def apex(expression: str, rng: np.random.Generator) -> Units:
    """Intensities (2, 14) 0..1 of one showing of an expression: left and right half of the image, by `ACTION_UNITS`."""
    prototype = PROTOTYPES[expression]
    units = np.zeros((2, len(ACTION_UNITS)))
    chosen = dict(prototype.always)
    if prototype.one_of:
        first = int(rng.integers(len(prototype.one_of)))
        chosen |= {n: r for i, (n, r) in enumerate(prototype.one_of.items()) if i == first or rng.random() < 0.3}
    chosen |= {number: limits for number, limits in prototype.at_times.items() if rng.random() < 0.5}
    for number, (low, high) in chosen.items():
        # no face moves quite alike on both sides
        both = rng.uniform(low, high) * (1 - rng.uniform(0, 0.1, size=2))
        units[:, ACTION_UNITS.index(number)] = both
    if prototype.one_sided:
        units[int(rng.integers(2))] = 0.0
    return units


def by_number(units: Units) -> dict[int, npt.NDArray[np.float64]]:
    """Action unit number to its (2,) intensities, left and right half of the image."""
    return {number: units[:, i] for i, number in enumerate(ACTION_UNITS)}
