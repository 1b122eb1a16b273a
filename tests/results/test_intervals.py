from __future__ import annotations

import math

import pytest

from fer_lightning.results.intervals import accuracy_interval, intervals, recall_intervals, wilson

Z = 1.959963984540054  # the 97.5 % point of the normal distribution


def by_formula(correct: int, total: int) -> tuple[float, float]:
    """Wilson 1927 as printed in textbooks."""
    p, z2 = correct / total, Z * Z
    centre = (p + z2 / (2 * total)) / (1 + z2 / total)
    half = Z / (1 + z2 / total) * math.sqrt(p * (1 - p) / total + z2 / (4 * total * total))
    return centre - half, centre + half


@pytest.mark.parametrize(("correct", "total"), [(5, 10), (1, 1), (0, 7), (2550, 3589), (54, 55)])
def test_wilson_is_the_textbook_formula(correct, total):
    assert wilson(correct, total) == pytest.approx(by_formula(correct, total), abs=1e-9)


def test_wilson_by_hand():
    # 8 of 10: z2 = 3.8415; centre (0.8 + 0.19207) / 1.38415 = 0.71674; half 1.41601 * sqrt(0.016 + 0.0096036) = 0.22658
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)


def test_nothing_has_no_interval():
    assert wilson(0, 0) is None
    assert accuracy_interval([[0, 0], [0, 0]]) is None


def test_matrix_intervals_read_rows_as_true():
    counts = [[8, 2, 0], [0, 0, 0], [30, 0, 60]]
    assert accuracy_interval(counts) == wilson(68, 100)
    assert recall_intervals(counts) == [wilson(8, 10), None, wilson(60, 90)]


def test_named_intervals_leave_out_the_undefined():
    named = intervals([[8, 2], [0, 0]], ["happy", "sad"])
    assert named == {"test/accuracy": list(wilson(8, 10)), "test/recall/happy": list(wilson(8, 10))}
