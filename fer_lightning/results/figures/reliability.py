"""Draws how far a net's confidence can be believed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fer_lightning.results.figures.layout import SMALL_SIZE, axes_at, heading, heading_height, write_heading
from fer_lightning.results.intervals import wilson
from fer_lightning.results.style import FAINT, GRID, MUTED, PAD, TINT, VAL, styled, text_width

SQUARE, LOW, BETWEEN = 4.2, 0.75, 0.3  # inches: the diagram, the histogram below it, and from one to the other
LEFT, RIGHT, BELOW = 0.62, 0.2, 0.40  # inches beside and below them
FIGURE_SIZE = 7.0  # points: the images of a bin


class Bins(NamedTuple):
    """What fell into each of B bins of equal width.

    Attributes:
        images: (B,) how many.
        correct: (B,) how many of them were right.
        confidence: (B,) the sum of their confidences.
    """

    images: npt.NDArray[np.int64]
    correct: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float64]


@styled
def reliability_diagram(
    confidence: npt.ArrayLike, correct: npt.ArrayLike, bins: int = 15, subtitle: str = ""
) -> Figure:
    """The accuracy of the images that share a confidence, beside that confidence, with 95 % Wilson intervals.

    A dot on the diagonal is a net that is right as often as it says; the gap of each dot to it, weighted by its images,
    is the expected calibration error. Below stands how many images each bin holds; an empty bin draws nothing.
    Guo et al., "On calibration of modern neural networks", ICML 2017.

    Args:
        confidence: (N,) highest probability of each image, in 0..1.
        correct: (N,) whether its class is the true one.
        bins: how many bins of equal width.
        subtitle: a line of its own; what was tested.
    """
    sure, right = np.asarray(confidence, dtype=np.float32), np.asarray(correct, dtype=np.bool_)
    if sure.ndim != 1 or sure.shape != right.shape or bins < 1:
        raise ValueError(f"confidence of shape {sure.shape}, correct of shape {right.shape}, {bins} bins")
    # an average of several views of an image may round to a little above 1
    if not np.all((sure >= 0) & (sure <= 1 + 1e-5)):
        raise ValueError("a confidence is NaN, below 0 or above 1")
    width = PAD + LEFT + SQUARE + RIGHT + PAD
    lines = heading("Reliability", subtitle, _details(sure, right, bins), width - 2 * PAD)
    bottom, left = PAD + BELOW, PAD + LEFT
    figure = Figure(figsize=(width, bottom + LOW + BETWEEN + SQUARE + 0.12 + heading_height(lines) + PAD))
    write_heading(figure, lines)
    inner = binned(sure, right, bins)
    # to torchmetrics 1 itself is a bin; the eye finds it in the last one
    shown = Bins(*(np.append(column[: bins - 1], column[bins - 1 :].sum()) for column in inner))
    _diagram(axes_at(figure, left, bottom + LOW + BETWEEN, SQUARE, SQUARE), shown)
    _histogram(axes_at(figure, left, bottom, SQUARE, LOW), shown.images)
    return figure


def calibration_error(confidence: npt.NDArray[np.float32], correct: npt.NDArray[np.bool_], bins: int = 15) -> float:
    """The expected calibration error in 0..1, as torchmetrics has it; NaN of no images."""
    images, right, sure = binned(confidence, correct, bins)
    return float(np.abs(right - sure).sum() / images.sum()) if len(confidence) else float("nan")


def binned(confidence: npt.NDArray[np.float32], correct: npt.NDArray[np.bool_], bins: int) -> Bins:
    """The images by confidence (N,): bin b holds edge b up to below edge b + 1, and a last, further bin holds 1 itself.

    Membership is that of torchmetrics' MulticlassCalibrationError, so that the error is the metric `ece`.
    """
    index = np.searchsorted(_edges(bins), confidence, side="right") - 1
    images = np.bincount(index, minlength=bins + 1)
    right = np.bincount(index[correct], minlength=bins + 1)
    sure = np.bincount(index, weights=confidence.astype(np.float64), minlength=bins + 1)
    return Bins(images, right, sure.astype(np.float64))


def _edges(bins: int) -> npt.NDArray[np.float32]:
    # as torch.linspace has them: from both ends with a step of float32; numpy's differ in the last bit
    step, number = float(np.float32(1) / np.float32(bins)), np.arange(bins + 1)
    return np.where(number < (bins + 1) // 2, number * step, 1 - (bins - number) * step).astype(np.float32)


def _details(confidence: npt.NDArray[np.float32], correct: npt.NDArray[np.bool_], bins: int) -> str:
    if len(confidence) == 0:
        return "no images"
    error, sure = calibration_error(confidence, correct, bins), confidence.mean(dtype=np.float64)
    return (
        f"ECE {100 * error:.2f} % · mean confidence {100 * sure:.2f} % · "
        f"accuracy {100 * correct.mean():.2f} % · N = {len(confidence):,}"
    )


def _diagram(axes: Axes, bins: Bins) -> None:
    axes.set(xlim=(0, 100), ylim=(0, 100))
    _frame(axes)
    axes.grid(axis="y", color=GRID, linewidth=0.7)
    axes.set_yticks(range(0, 101, 20), [str(tick) for tick in range(0, 101, 20)], fontsize=SMALL_SIZE)
    axes.set_xticks(range(0, 101, 20), [""] * 6)
    axes.text(-0.115, 0.5, "accuracy (%)", transform=axes.transAxes, rotation=90, ha="center", va="center", color=MUTED)
    axes.plot([0, 100], [0, 100], color=MUTED, linewidth=0.9, linestyle=(0, (4, 3)))
    step = 100 / len(bins.images)
    for k, (images, right, confidence) in enumerate(zip(*bins, strict=True)):
        if (ends := wilson(int(right), int(images))) is None:
            continue
        x, y = 100 * confidence / images, 100 * right / images
        axes.bar((k + 0.5) * step, y, 0.9 * step, color=TINT, linewidth=0)
        axes.plot([x, x], [100 * end for end in ends], color=VAL, linewidth=1.4, solid_capstyle="butt", clip_on=False)
        axes.plot(
            [x],
            [y],
            "o",
            color=VAL,
            markersize=4.5,
            markeredgecolor="white",
            markeredgewidth=0.8,
            clip_on=False,
            zorder=3,
        )


def _histogram(axes: Axes, images: npt.NDArray[np.int64]) -> None:
    step, most = 100 / len(images), max(1, int(images.max()))
    axes.set(xlim=(0, 100), ylim=(0, most))
    _frame(axes)
    axes.set_xticks(range(0, 101, 20), [str(tick) for tick in range(0, 101, 20)], fontsize=SMALL_SIZE)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    figures = [_short(int(n)) for n in images]
    fits = max(text_width(text, FIGURE_SIZE) for text in figures) <= SQUARE / len(images)
    for k, (n, text) in enumerate(zip(images, figures, strict=True)):
        if n:
            axes.bar((k + 0.5) * step, n, 0.9 * step, color=FAINT, linewidth=0)
            if fits or n == most:
                axes.annotate(
                    text, ((k + 0.5) * step, n), (0, 2), textcoords="offset points", ha="center", fontsize=FIGURE_SIZE
                )
    axes.text(-0.115, 0.5, "images", transform=axes.transAxes, rotation=90, ha="center", va="center", color=MUTED)
    axes.text(0.5, -0.40 / LOW, "confidence (%)", transform=axes.transAxes, ha="center", color=MUTED)


def _frame(axes: Axes) -> None:
    axes.spines[["right", "top"]].set_visible(False)
    axes.tick_params(length=0, pad=4)
    axes.set_axisbelow(True)


def _short(number: int) -> str:
    """At most four letters: `999`, `1.2k`, `36k`, `1.2M`."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}" if number < 9.95 * size else f"{number / size:.0f}{letter}"
    return str(number)
