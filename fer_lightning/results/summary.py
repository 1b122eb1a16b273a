"""The rows of the closing table: what a result says, worded for people, whatever prints it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fer_lightning.results.confusion_scores import only_answer
from fer_lightning.results.confusion_scores import recalls as class_recalls
from fer_lightning.results.intervals import Interval, accuracy_interval, recall_intervals
from fer_lightning.results.result import FILE_NAME, Result

NONE = "-"
FURTHER = {
    "test/accuracy_no_trained_images": "accuracy without images that trained",
    "test/accuracy_no_exact_copies": "accuracy without exact copies",
    "test/accuracy_no_near_copies": "accuracy without near copies",
    "test/accuracy_ferplus": "accuracy against FER+",
}


class Row(NamedTuple):
    """One line: a name, its value, the 95 % interval and the number of images, where they apply."""

    name: str
    value: str
    interval: str = ""
    images: str = ""


def heading(result: Result) -> str:
    """What was tested, in one line: data, protocol, model, loss, seed."""
    chosen = [f"{group} {result.choices[group]}" for group in ("model", "loss") if result.choices.get(group)]
    data = str(result.choices.get("data") or "test")
    return ", ".join([f"{data} ({result.protocol})", *chosen, f"seed {result.seed}"])


def scores(result: Result) -> Iterator[Row]:
    """Accuracy first, then what else is known of the test as a whole; of enlarged images how near they come."""
    images = sum(map(sum, result.confusion_matrix)) or result.counts.get("test", 0)
    if "test/psnr" in result.metrics:
        yield from _nearness(result, images)
        return
    interval = accuracy_interval(result.confusion_matrix) if result.confusion_matrix else None
    yield Row("accuracy", percent(result.metrics.get("test/accuracy")), span(interval), f"{images:,}")
    yield Row("macro-F1", percent(result.metrics.get("test/macro_f1")))
    yield Row("balanced accuracy", percent(result.metrics.get("test/balanced_accuracy")))
    yield Row("calibration error", percent(result.metrics.get("test/ece")))
    yield from _trained(result)
    if (answer := only_answer(result.confusion_matrix)) is not None:
        yield Row("answers one class", result.class_names[answer], images=f"{images:,}")
    for metric, name in FURTHER.items():
        if metric in result.metrics:
            ends = result.intervals.get(metric)
            yield Row(name, percent(result.metrics[metric]), span((ends[0], ends[1]) if ends else None))


def _trained(result: Result) -> Iterator[Row]:
    if "test_trained" in result.counts:
        yield Row("test images that trained", "", images=f"{result.counts['test_trained']:,}")


def _nearness(result: Result, images: int) -> Iterator[Row]:
    psnr, bicubic = (result.metrics.get(f"test/{name}") for name in ("psnr", "psnr_bicubic"))
    yield Row("PSNR", decibels(psnr), images=f"{images:,}")
    yield Row("PSNR, bicubic", decibels(bicubic))
    yield Row("above bicubic", decibels(None if psnr is None or bicubic is None else psnr - bicubic))
    for metric, name in (("ssim", "SSIM"), ("ssim_bicubic", "SSIM, bicubic")):
        value = result.metrics.get(f"test/{metric}")
        yield Row(name, NONE if value is None else f"{value:.4f}")
    yield from _trained(result)


def recalls(result: Result) -> Iterator[Row]:
    """The recall of each class, from the confusion matrix."""
    if not result.confusion_matrix:
        return
    counts = result.confusion_matrix
    rows = zip(result.class_names, class_recalls(counts), map(sum, counts), recall_intervals(counts), strict=True)
    for name, recall, images, interval in rows:
        yield Row(f"recall {name}", percent(recall), span(interval), f"{images:,}")


def comparison(result: Result) -> Iterator[Row]:
    """What the paper reports, a fraction like every metric, and how far this run is from it in percentage points."""
    paper = result.paper or {}
    value, metric = paper.get("value"), str(paper.get("metric", "test/accuracy"))
    if value is None:
        return
    reported, ours = float(value), result.metrics.get(metric)
    source = ", ".join(str(paper[key]) for key in ("title", "table") if paper.get(key))
    if source:
        yield Row("paper", source)
    yield Row(f"paper {metric.removeprefix('test/').replace('_', ' ')}", percent(reported))
    yield Row("this run minus paper", NONE if ours is None else f"{100 * (ours - reported):+.2f} points")


def times(result: Result) -> Iterator[Row]:
    """How long fitting and testing took; a stage that did not happen has no row."""
    for stage in ("fit", "test"):
        seconds, rate = (result.timing.get(f"{stage}_{unit}") for unit in ("seconds", "images_per_second"))
        if seconds is not None:
            yield Row(f"{stage} time", duration(seconds) + (f" ({rate:,.0f} images/s)" if rate else ""))
    if result.resumed_from_epoch is not None:
        yield Row("resumed from epoch", str(result.resumed_from_epoch))


def places(folder: Path) -> Iterator[Row]:
    """Where the run's files are; one that the run did not make has no row."""
    for name, relative in (("confusion matrix", "confusion_matrix.png"), ("checkpoint", "checkpoints/best.ckpt")):
        if (folder / relative).exists():
            yield Row(name, str(folder / relative))
    yield Row("result", str(folder / FILE_NAME))


def percent(fraction: float | None) -> str:
    """`71.85 %`, or a dash where the metric is undefined."""
    return NONE if fraction is None or not np.isfinite(fraction) else f"{100 * fraction:.2f} %"


def decibels(ratio: float | None) -> str:
    """`31.42 dB`, or a dash where it is undefined."""
    return NONE if ratio is None else f"{ratio:.2f} dB"


def span(interval: Interval | None) -> str:
    """`69.10 - 74.52 %`, or nothing where there is none."""
    return "" if interval is None else f"{100 * interval[0]:.2f} - {100 * interval[1]:.2f} %"


def duration(seconds: float) -> str:
    """`12.3 s`, `4 min 05 s` or `2 h 07 min`."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {rest:02d} s"
