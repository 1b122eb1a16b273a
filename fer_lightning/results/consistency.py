"""Checks a result against itself: metrics in range, as its confusion matrix has them, and files as the run wrote."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fer_lightning.results.confusion_scores import matrix_scores
from fer_lightning.results.metric_names import is_fraction
from fer_lightning.results.result import Result, file_digest

ROUNDING = 1e-6  # metrics are 32-bit numbers; one image of 100,000 moves an accuracy by ten times as much


def contradiction(result: Result) -> str | None:
    """What in the result cannot be true beside the rest of it, in words; None where everything agrees."""
    return next(_contradictions(result), None)


def foreign_files(result: Result, folder: Path) -> list[str]:
    """Names in `files` of those that have other bytes than the run wrote; a file that is gone is none of them."""
    written = {name: folder / result.files[name] for name in result.file_digests if name in result.files}
    return [name for name, path in written.items() if path.is_file() and _changed(path, result.file_digests[name])]


def _changed(path: Path, digest: str) -> bool:
    try:
        return file_digest(path) != digest
    except OSError:  # reported where the content is needed
        return False


def _contradictions(result: Result) -> Iterator[str]:
    for metric, value in result.metrics.items():
        if value is not None and is_fraction(metric) and not 0 <= value <= 1 + ROUNDING:
            yield f"{metric} is {value:g}, and fractions lie in 0..1"
    for metric, ends in result.intervals.items():
        if len(ends) != 2 or ends[0] > ends[1]:
            yield f"the interval of {metric} is {ends}, and not a low and a high end"
        elif is_fraction(metric) and not -ROUNDING <= ends[0] <= ends[1] <= 1 + ROUNDING:
            yield f"the interval of {metric} is {ends}, and fractions lie in 0..1"
    if negative := [stage for stage, images in result.counts.items() if images < 0]:
        yield f"counts has {result.counts[negative[0]]} images in {negative[0]}"
    yield from _beside_the_matrix(result)


def _beside_the_matrix(result: Result) -> Iterator[str]:
    counts = result.confusion_matrix
    if any(count < 0 for row in counts for count in row):
        yield "the confusion matrix has a negative count"
    tested, images = sum(map(sum, counts)), result.counts.get("test")
    if images is not None and tested > images:
        yield f"the confusion matrix has {tested:,} images, and counts says that {images:,} were tested"
    if not tested:
        return
    for metric, expected in matrix_scores(counts, result.class_names).items():
        value = result.metrics.get(metric)
        if value is not None and (expected is None or abs(value - expected) > ROUNDING):
            wanted = "undefined" if expected is None else f"{expected:.6g}"
            yield f"{metric} is {value:.6g}, and {wanted} by the confusion matrix"
