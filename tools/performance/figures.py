"""bench.json: the figures of one benchmark, each with all of its values."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fer_lightning.atomic_write import atomic_write

SCHEMA_VERSION = 1
FILE_NAME = "bench.json"
OURS, BARE = "fer_lightning", "bare"


@dataclass(frozen=True)
class Figure:
    """What was measured once a round.

    Attributes:
        name: what it is, such as `training_images_per_second`.
        side: `fer_lightning`, or `bare` for PyTorch alone.
        unit: of the values; empty for a share or a ratio.
        values: in the order of the rounds.
        images: of the data set; None where there is none.
        variant: of the measurement, such as `augment=none`.
    """

    name: str
    side: str
    unit: str
    values: tuple[float, ...]
    images: int | None = None
    variant: str = ""

    @property
    def median(self) -> float:
        """The middle of the values, which one slow round does not move."""
        return statistics.median(self.values)

    def plain(self) -> dict[str, Any]:
        """For JSON, with minimum, median and maximum."""
        spread = {"min": min(self.values), "median": self.median, "max": max(self.values)}
        return {**asdict(self), "values": list(self.values), **spread}


@dataclass(frozen=True)
class Benchmark:
    """All figures of one run, and where and how they were measured.

    Attributes:
        command: what was typed.
        machine: processor, how many of them, and vector instructions.
        versions: of Python, torch and this package's commit.
        settings: model, batch size, steps, rounds, threads, precision.
        started, finished: ISO 8601, UTC.
        load_average: of one minute before each round, and after the last; on a quiet machine below the processors.
        figures: in the order of the page.
    """

    command: str
    machine: str
    versions: dict[str, str]
    settings: dict[str, Any]
    started: str
    finished: str
    load_average: tuple[float, ...]
    figures: tuple[Figure, ...] = field(default=())

    def write(self, path: Path) -> None:
        """Writes the JSON file, whole or not at all."""
        plain = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        plain["figures"] = [figure.plain() for figure in self.figures]
        with atomic_write(path) as scratch:
            scratch.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")

    def find(self, name: str, side: str = OURS, images: int | None = None, variant: str = "") -> Figure | None:
        """The figure of this name, or None."""
        key = (name, side, images, variant)
        return next((f for f in self.figures if (f.name, f.side, f.images, f.variant) == key), None)


def ratio(name: str, ours: Figure, bare: Figure) -> Figure:
    """Ours over bare, round by round, so that a machine that changes its speed between rounds does not count."""
    values = tuple(one / other for one, other in zip(ours.values, bare.values, strict=True))
    return Figure(name, OURS, "", values, ours.images, ours.variant)


def collect(rounds: Sequence[dict[tuple[Any, ...], float]]) -> tuple[Figure, ...]:
    """Figures from the values of each round, keyed by (name, side, unit, images, variant)."""
    return tuple(
        Figure(name, side, unit, tuple(found[key] for found in rounds), images, variant)
        for key in rounds[0]
        for name, side, unit, images, variant in [key]
    )
