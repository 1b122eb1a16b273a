"""Which frames of sequences are taken, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_lightning.data.readers.frames import FRAMES, choose_frames
from fer_lightning.errors import FerError

# rows 0 to 8, in no order: a has frames 1 to 5, b three, c one
SEQUENCES = ["b", "a", "a", "c", "a", "b", "a", "a", "b"]
NUMBERS = [30, 5, 1, 7, 3, 10, 2, 4, 20]


@pytest.mark.parametrize(
    ("how", "taken", "neutral"),
    [
        ("apex", [0, 1, 3], []),
        ("last3", [0, 1, 3, 4, 5, 7, 8], []),
        ("first_and_last3", [0, 1, 2, 3, 4, 5, 7, 8], [2]),
        ("all", list(range(9)), []),
    ],
)
def test_frames_by_hand(how, taken, neutral):
    rows, first = choose_frames(SEQUENCES, NUMBERS, how)
    assert rows.tolist() == taken
    assert first.tolist() == neutral
    assert rows.dtype == first.dtype == np.int64


@pytest.mark.parametrize("how", FRAMES)
def test_of_nothing_nothing_is_taken(how):
    assert [rows.tolist() for rows in choose_frames([], [], how)] == [[], []]


def test_an_unknown_choice_is_refused():
    with pytest.raises(FerError, match=r"data\.frames=last: choose among apex, last3, first_and_last3, all"):
        choose_frames(SEQUENCES, NUMBERS, "last")


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99)), unique=True, max_size=30), st.randoms())
def test_the_order_of_the_rows_changes_nothing(frames, random):
    mixed = random.sample(frames, len(frames))
    for how in FRAMES:
        straight, turned = (choose_frames([s for s, _ in f], [n for _, n in f], how) for f in (frames, mixed))
        for one, other in zip(straight, turned, strict=True):
            assert {frames[row] for row in one} == {mixed[row] for row in other}
