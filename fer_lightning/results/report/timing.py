"""How long the runs of a row took for a batch, from its size and their images a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from fer_lightning.results.report.model import Report, Row, Run

TRAIN, TEST = "train", "test"
STAGES = {TRAIN: "fit", TEST: "test"}  # as result.json calls them in `timing`


def batch_size(run: Run) -> int | None:
    """Images a step, over all devices; None where the config does not say."""
    data = run.result.config.get("data")
    size = data.get("batch_size") if isinstance(data, Mapping) else None
    return size if isinstance(size, int) else None


def seconds(row: Row, stage: str) -> float | None:
    """Of a batch in `train` or `test`, the mean over the row's runs; None where none was timed."""
    known = []
    for run in row.runs:
        size, rate = batch_size(run), run.result.timing.get(f"{STAGES[stage]}_images_per_second")
        if size and rate:
            known.append(size / rate)
    return fmean(known) if known else None


def columns(report: Report) -> list[tuple[str, list[str]]]:
    """Name and texts of the columns, where the report asks for them; the batch has one where rows differ in it."""
    if not report.timing:
        return []
    sizes = [_sizes([row]) for row in report.rows]
    return [
        *[("images a batch", [_listed(of) for of in sizes])] * (len(_sizes(report.rows)) > 1),
        *((f"{stage}, s a batch", [_printed(seconds(row, stage)) for row in report.rows]) for stage in STAGES),
    ]


def told(report: Report) -> list[str]:
    """What the columns show, in a sentence."""
    if not any(seconds(row, stage) is not None for row in report.rows for stage in STAGES) or not report.timing:
        return []
    sizes = _sizes(report.rows)
    batch = f"{sizes[0]:,} images" if len(sizes) == 1 else "as many images as its row says"
    return [
        f"A batch is {batch}; its seconds are those of training (forward, backward, step) and of the test, "
        "on the machine of each run, waiting for the images included."
    ]


def _sizes(rows: Sequence[Row]) -> list[int]:
    return sorted({size for row in rows for run in row.runs if (size := batch_size(run)) is not None})


def _listed(sizes: Sequence[int]) -> str:
    return " or ".join(f"{size:,}" for size in sizes)


def _printed(value: float | None) -> str:
    """Three digits."""
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:,.0f}"
