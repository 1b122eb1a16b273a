"""How a metric is called, printed and ordered."""

from __future__ import annotations

from fer_lightning.results.summary import FURTHER

FRACTIONS = ("accuracy", "balanced_accuracy", "macro_f1", "ece", "recall")  # the first words of metrics in 0..1
LOW_IS_GOOD = ("loss", "ece")
NAMES = {
    **{"macro_f1": "macro-F1", "ece": "calibration error"},
    "accuracy_last": "accuracy of the last epoch",
    **{"psnr": "PSNR", "ssim": "SSIM", "psnr_bicubic": "PSNR of bicubic", "ssim_bicubic": "SSIM of bicubic"},
}
IN_DECIBELS = "psnr"


def label(metric: str) -> str:
    """The metric for people: `accuracy` for `test/accuracy`, `val accuracy` for `val/accuracy`, `lr` for `lr`."""
    if "/" not in metric:
        return metric
    stage, _, name = metric.partition("/")
    words = FURTHER.get(metric) or NAMES.get(name) or name.replace("_", " ").replace("/", " ")
    # `loss` alone is what was chosen, l1 or another
    return words if stage == "test" and name != "loss" else f"{stage} {words}"


def is_fraction(metric: str) -> bool:
    """Whether it lies in 0..1 and is printed in percent."""
    return _name(metric).startswith(FRACTIONS)


def low_is_good(metric: str) -> bool:
    """Whether the best row is the one with the lowest value."""
    return _name(metric).startswith(LOW_IS_GOOD)


def unit(metric: str) -> str:
    """What stands behind a metric's name in a header."""
    if _name(metric).startswith(IN_DECIBELS):
        return ", dB"
    return ", %" if is_fraction(metric) else ""


def format_value(value: float, metric: str) -> str:
    """A value without its unit: percent with one decimal, decibels with two, or three decimals."""
    if _name(metric).startswith(IN_DECIBELS):
        return f"{value:.2f}"
    return f"{100 * value:.1f}" if is_fraction(metric) else f"{value:.3f}"


def format_paper_value(value: float, metric: str) -> str:
    """A paper's value with the digits that the paper prints: `84.57` for 0.8457."""
    return f"{100 * value:.6g}" if is_fraction(metric) else f"{value:.6g}"


def format_difference(value: float, metric: str) -> str:
    """A difference with its sign: percentage points with one decimal, or three decimals."""
    return f"{100 * value:+.1f}" if is_fraction(metric) else f"{value:+.3f}"


def axis(metric: str) -> str:
    """The metric beside a scale: `accuracy (%)`, `PSNR (dB)`, `test loss`."""
    return label(metric) + (f" ({unit(metric).removeprefix(', ')})" if unit(metric) else "")


def points(metric: str) -> str:
    """What stands behind the name of a difference in a header: a difference of percentages is in points."""
    return ", points" if is_fraction(metric) else unit(metric)


def _name(metric: str) -> str:
    return metric.partition("/")[2] or metric
