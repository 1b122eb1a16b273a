"""Reads from a run's predictions what a paired test needs: the images that it tested, and which it got right."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fer_lightning.results.report.model import Run

log = logging.getLogger(__name__)

FILE = "predictions"  # the name in result.json's `files`
COLUMNS = ["image", "true", "predicted"]

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ImageOutcomes:
    """Which of N images one run, or several of them, classified correctly.

    Attributes:
        images: (N,) numbers of the images; an image that has another true class somewhere has another number there.
        right: (N,) how many runs had the image right.
        runs: (N,) how many runs tested it.
    """

    images: Numbers
    right: npt.NDArray[Any]
    runs: npt.NDArray[Any]


@dataclass
class Register:
    """Numbers images in the order in which runs name them; runs of the same test images share one array of numbers."""

    _numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)
    _name_of: list[int] = field(default_factory=list)
    _known: dict[bytes, Numbers] = field(default_factory=dict)

    def outcomes(self, run: Run) -> ImageOutcomes | None:
        """The outcomes of the run, images as in its file; None where no predictions were kept or the file is broken.

        A broken file is a warning, and the report goes on without it.
        """
        if run.predictions is not None:
            kept, names = run.predictions, np.array(run.predictions.class_names, dtype=np.str_)
            return self._number_images(pa.array(kept.ids.tolist()), pa.array(names[kept.true].tolist()), kept.correct)
        path = run.file(FILE)
        if path is None:
            return None
        try:
            image, true, predicted = _columns(path)
        except (pa.ArrowException, OSError, ValueError) as broken:
            reason = str(broken).partition("\n")[0]
            log.warning(f"{path} are no whole predictions ({reason}): the paired tests are without this run")
            return None
        return self._number_images(image, true, np.asarray(pc.equal(true, predicted)))

    def numbers_by_name(self, images: Numbers) -> Numbers:
        """The numbers (N,) without regard to true classes: equal for equal names."""
        return np.array(self._name_of, dtype=np.int64)[images]

    def _number_images(self, image: Any, true: Any, right: npt.NDArray[np.bool_]) -> ImageOutcomes:
        key = pa.record_batch([image, true], names=COLUMNS[:2]).serialize().to_pybytes()
        if key not in self._known:
            pairs = zip(image.to_pylist(), true.to_pylist(), strict=True)
            self._known[key] = np.array([self._number(pair) for pair in pairs], dtype=np.int64)
        return ImageOutcomes(self._known[key], right, np.ones(len(right), dtype=np.int8))

    def _number(self, pair: tuple[str, str]) -> int:
        number = self._numbers.setdefault(pair, len(self._numbers))
        if number == len(self._name_of):
            self._name_of.append(self._names.setdefault(pair[0], len(self._names)))
        return number


def combine(parts: Sequence[ImageOutcomes]) -> ImageOutcomes:
    """The outcomes of several runs, images in ascending order; an image that a run names twice counts twice."""
    if all(part.images is parts[0].images for part in parts) and _ascends(parts[0].images):
        right, runs = (sum(getattr(part, name).astype(np.int64) for part in parts) for name in ("right", "runs"))
        return ImageOutcomes(parts[0].images, np.asarray(right), np.asarray(runs))
    images, place = np.unique(np.concatenate([part.images for part in parts]), return_inverse=True)
    right, runs = (
        np.bincount(place, np.concatenate([getattr(part, name) for part in parts])).astype(np.int64)
        for name in ("right", "runs")
    )
    return ImageOutcomes(images, right, runs)


def _ascends(images: Numbers) -> bool:
    return bool((np.diff(images) > 0).all())


def _columns(path: Path) -> tuple[Any, Any, Any]:
    """`image`, `true` and `predicted` as arrays of strings."""
    # not predictions.read, which also checks each probability: 20 ms a file, and a report has thousands of them
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        if missing := [name for name in COLUMNS if name not in file.schema_arrow.names]:
            raise ValueError(f"it lacks the column {missing[0]}")
        table = file.read(columns=COLUMNS)
    image, true, predicted = (table[name].cast(pa.string()).combine_chunks() for name in COLUMNS)
    if any(column.null_count for column in (image, true, predicted)):
        raise ValueError("a row is not complete")
    return image, true, predicted
