"""The order in which the names of a paper's table, and of bars, stand."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

NUMBER = re.compile(r"\d+(?:\.\d+)?")

Figures = Sequence[tuple[float | None, float | None]]  # ours and the paper's, of each cell of a name


def in_paper_order(names: Mapping[str, Figures]) -> list[str]:
    """Names that differ in a number alone, by that number; others by what the paper reports, rising, then by ours.

    Nothing says in which order the paper prints its rows, and most tables rise to the system that they argue for.
    """
    if len({NUMBER.sub("", name) for name in names}) == 1:
        return sorted(names, key=lambda name: ([float(number) for number in NUMBER.findall(name)], name))
    ours, paper = ({name: _mean(pair[k] for pair in names[name]) for name in names} for k in (0, 1))
    places = {name: [(value[name] is None, value[name] or 0.0) for value in (paper, ours)] for name in names}
    return sorted(names, key=lambda name: (places[name], name))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known else None
