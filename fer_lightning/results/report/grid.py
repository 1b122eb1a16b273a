"""Holes: folds and seeds that some rows of a report have, and others neither have nor have lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Place = tuple[str, ...]  # the values of fold and seed


@dataclass(frozen=True)
class Occupied:
    """What a row covers.

    Attributes:
        frame: data set and protocol; rows of different ones have different folds. None of a row without a run.
        places: of its runs and lost jobs.
    """

    frame: Any
    places: frozenset[Place]


def holes(rows: Sequence[Occupied], axes: Sequence[str]) -> list[tuple[str, ...]]:
    """For each row what it lacks, as in `data.fold=2, seed=1`; an axis that has one value is not named.

    Rows are measured against each other where they have the same frame and share a place, directly or through a third
    row: folds of one row and seeds of another that have nothing in common are no grid, and a single row has no holes.
    """
    grids: list[tuple[Any, set[Place], list[int]]] = []
    for number, row in enumerate(rows):
        if row.frame is None:
            continue
        touching = [grid for grid in grids if grid[0] == row.frame and grid[1] & row.places]
        merged = set(row.places).union(*(grid[1] for grid in touching))
        members = [number, *(member for grid in touching for member in grid[2])]
        grids = [grid for grid in grids if grid not in touching]
        grids.append((row.frame, merged, members))
    found: list[tuple[str, ...]] = [()] * len(rows)
    for _, places, members in grids:
        varied = [k for k in range(len(axes)) if len({place[k] for place in places}) > 1]
        for member in members:
            lacking = sorted(places - rows[member].places, key=in_order)
            found[member] = tuple(", ".join(f"{axes[k]}={place[k]}" for k in varied) for place in lacking)
    return found


def in_order(place: Place) -> tuple[tuple[int, str], ...]:
    """A key for sorting: numbers by size, then texts."""
    return tuple((int(text), "") if text.isdecimal() else (2**63, text) for text in place)
