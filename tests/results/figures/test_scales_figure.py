from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_lightning.results.figures.scales import apart, epoch_ticks, worded


@pytest.mark.parametrize(
    ("first", "last", "ticks"),
    [
        (1, 1, [1]),
        (1, 3, [1, 2, 3]),
        (1, 36, [1, 10, 20, 30]),
        (1, 300, [1, 100, 200, 300]),
        (701, 990, [701, 800, 900]),
    ],
)
def test_epochs_are_marked_at_round_numbers(first, last, ticks):
    assert epoch_ticks(first, last) == ticks


@given(st.integers(1, 500), st.integers(0, 100_000))
def test_epochs_are_few_and_inside(first, more):
    ticks = epoch_ticks(first, first + more)
    assert ticks[0] == first
    assert ticks == sorted(set(ticks))
    assert ticks[-1] <= first + more
    assert len(ticks) <= 7


def test_ticks_have_as_many_decimals_as_one_of_them_needs():
    assert list(worded([0.5, 1.0, 1.5]).values()) == ["0.5", "1.0", "1.5"]
    assert list(worded([0.0, 20.0]).values()) == ["0", "20"]
    assert list(worded([0.1 + 0.2, 0.4]).values()) == ["0.3", "0.4"]
    assert list(worded([0.0, 2e6]).values()) == ["0", "2e+06"]
    assert worded([]) == {}


def test_labels_move_apart_from_their_middle():
    assert apart([0.5, 0.5], 0.1) == pytest.approx([0.45, 0.55])
    assert apart([0.9, 0.2], 0.1) == pytest.approx([0.9, 0.2])
    assert apart([1.0, 1.0], 0.1) == pytest.approx([0.9, 1.0])
    assert apart([0.02, 0.0], 0.1) == pytest.approx([0.1, 0.0])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_labels_end_apart_inside_and_in_order(places):
    moved = np.array(apart(places, 0.1))
    order = np.argsort(places, kind="stable")
    assert np.all(np.diff(moved[order]) >= 0.1 - 1e-9)
    assert moved.min() >= -1e-9
    assert moved.max() <= 1 + 1e-9
