from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from fer_lightning.results.style import (
    MUTED,
    RATES,
    TRAIN,
    VAL,
    ink_on,
    luminance,
    shorten,
    styled,
    text_width,
    wrap,
)


def contrast(one: str, other: str) -> float:
    low, high = sorted([luminance(one), luminance(other)])
    return (high + 0.05) / (low + 0.05)


def test_text_contrasts_with_every_cell_and_darker_is_more():
    light = [luminance(RATES(rate)) for rate in np.linspace(0, 1, 101)]
    assert np.all(np.diff(light) < 1e-9)
    assert light[0] - light[-1] > 0.8
    for rate, ground in zip(np.linspace(0, 1, 101), light, strict=True):
        pair = sorted([ground, luminance(ink_on(RATES(rate)))])
        assert (pair[1] + 0.05) / (pair[0] + 0.05) > 4


def test_train_and_val_differ_in_grey_print_and_both_can_be_read():
    assert contrast(TRAIN, VAL) > 2
    assert min(contrast(colour, "white") for colour in (TRAIN, VAL, MUTED)) > 4.5  # WCAG AA


@pytest.mark.parametrize(
    "seen",
    [
        # Viénot, Brettel & Mollon 1999: linear RGB as red-blind and as green-blind people see it
        [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
        [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    ],
)
def test_train_and_val_differ_to_colour_blind_people(seen):
    train, val = (np.array(seen) @ np.array(to_rgb(colour)) ** 2.2 for colour in (TRAIN, VAL))
    # red and green look alike to them; what is left is yellow against blue
    assert train[0] > 2 * train[2]
    assert val[2] > 2 * val[0]


def test_luminance_of_known_colours():
    assert luminance("white") == pytest.approx(1)
    assert luminance("black") == 0
    assert luminance(to_rgb("#808080")) == pytest.approx(0.2159, abs=1e-4)


def test_the_caller_s_settings_come_back():
    @styled
    def drawn() -> str:
        return mpl.rcParams["text.color"]

    with mpl.rc_context({"text.color": "red"}):
        assert drawn() != "red"
        assert mpl.rcParams["text.color"] == "red"


def test_wrapped_and_shortened_text_fits():
    lines = wrap("a rather long title with one extraordinarilyoverlongunbreakableword", 1.0, 9)
    assert len(lines) == 3
    assert max(text_width(line, 9) for line in lines) <= 1.0
    assert shorten("happy", 9, 9) == "happy"
    assert shorten("happy" * 20, 1, 9).startswith("happyhappy")
    assert shorten("happy" * 20, 1, 9).count("…") == 1
