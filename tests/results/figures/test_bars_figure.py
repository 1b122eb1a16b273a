"""Bars end where the numbers say, carry interval and paper, and can be told apart and read."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from legible import LONG, assert_legible, words
from matplotlib.colors import to_hex, to_rgb
from matplotlib.patches import Rectangle
from skimage.color import rgb2lab

from fer_lightning.results.figures.bars import FILLS, MOST, Bar, Group, grouped_bars
from fer_lightning.results.style import INK


def drawn(figure):
    """The height of every bar of every plot, by its colour, from left to right."""
    found = {}
    for axes in figure.axes[:-1]:
        for box in axes.findobj(Rectangle):
            if box.get_fill() and to_hex(box.get_facecolor()) in FILLS:
                found.setdefault((to_hex(box.get_facecolor()), box.get_hatch()), []).append(box.get_height())
    return found


def lines(figure, marker):
    return [line for axes in figure.axes[:-1] for line in axes.lines if line.get_marker() == marker]


def make(groups, names=("cnn", "stn"), top=100.0, scale="accuracy (%)"):
    return grouped_bars([Group(label, bars) for label, bars in groups], names, "Bars", "what", scale, top)


def test_each_bar_rises_from_nought_to_its_value_with_its_interval_and_the_paper_as_a_hollow_mark():
    figure = make([("raw", [Bar(60, "60.0", (55, 66), 84.5), Bar(40, "40.0")]), ("more", [None, Bar(70, "70.0")])])
    assert drawn(figure) == {(FILLS[0], None): [60], (FILLS[1], None): [40, 70]}
    assert all(axes.get_ylim() == (0, 100) for axes in figure.axes[:-1])
    spans = [line for line in lines(figure, "None") if to_hex(line.get_color()) == INK]
    assert [tuple(line.get_ydata()) for line in spans] == [(55, 66)]
    (mark,) = lines(figure, "D")
    assert (list(mark.get_ydata()), mark.get_markerfacecolor(), mark.get_markeredgecolor()) == ([84.5], "white", INK)
    told = words(figure)
    assert {"raw", "more", "cnn", "stn", "60.0", "40.0", "70.0", "accuracy (%)"} <= set(told)
    assert "line: 95 % interval · hollow diamond: paper" in told


def test_only_what_is_there_is_explained():
    told = words(make([("raw", [Bar(60, "60.0"), Bar(50, "50.0")])]))
    assert not [word for word in told if "interval" in word or "diamond" in word]


@pytest.mark.parametrize(("groups", "names"), [(1, 1), (1, 8), (2, 3), (5, 2), (12, 1), (12, 8)])
def test_any_number_of_bars_is_legible_on_a_phone(groups, names):
    labels = [*LONG, "a" * 60, "short"][:groups]
    bars = [Bar(100 * (k + 1) / names, f"{100 * (k + 1) / names:.1f}", (0, 100), 50) for k in range(names)]
    figure = make([(label, bars) for label in labels], [*LONG[:7], "short"][:names])
    assert_legible(figure)
    assert figure.get_figwidth() < 4.6  # inches of 96 pixels: the narrowest phones scale it by a fifth
    assert sum(map(len, drawn(figure).values())) == groups * names


def test_the_value_stands_in_its_bar_or_nowhere():
    figure = make([("raw", [Bar(80, "80.0"), Bar(2, "2.0")])])
    assert "80.0" in words(figure)
    assert "2.0" not in words(figure)


def test_a_scale_without_an_end_takes_it_from_the_highest_of_bars_intervals_and_paper():
    figure = make([("raw", [Bar(1.25, "1.250", (1.0, 1.5), 2.0), Bar(0.5, "0.500")])], top=None, scale="test loss")
    assert figure.axes[0].get_ylim() == pytest.approx((0, 2.12))
    assert "test loss" in words(figure)


def test_bars_are_told_apart_without_colour_vision():
    lightness = [float(rgb2lab(np.array([[to_rgb(fill)]]))[0, 0, 0]) for fill in FILLS]
    assert min(abs(one - other) for one, other in combinations(lightness, 2)) > 15
    figure = make([("raw", [Bar(60, "60.0")] * MOST)], [f"net {k}" for k in range(MOST)])
    assert len(drawn(figure)) == MOST  # the second round is hatched


@pytest.mark.parametrize(
    ("groups", "names"),
    [
        ([], ["a"]),
        ([("raw", [None])], ["a"]),
        ([("raw", [Bar(1, "1")])], ["a", "b"]),
        ([("raw", [Bar(1, "1")] * 9)], "abcdefghi"),
    ],
)
def test_no_bar_too_many_and_a_group_of_another_length_are_refused(groups, names):
    with pytest.raises(ValueError, match="1 to 8 names"):
        make(groups, names)
