from __future__ import annotations

import pytest
from legible import SEVEN, SUPPORT, assert_legible, counts_of, words
from matplotlib.figure import Figure
from matplotlib.image import imread

from fer_lightning.results.figures.confusion import confusion_matrix
from fer_lightning.results.figures.layout import axes_at, heading, heading_height, save, write_heading
from fer_lightning.results.style import PAD


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_saving_twice_gives_the_same_bytes(tmp_path, suffix):
    for name in ("one", "two"):
        save(confusion_matrix([[3, 1], [0, 4]], ["a", "b"]), tmp_path / "new folder" / f"{name}.{suffix}")
    one, two = ((tmp_path / "new folder" / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
    assert one == two
    if suffix != "png":
        assert b"<image" not in one
        assert b"/Subtype /Image" not in one


def test_png_has_150_dots_an_inch(tmp_path):
    figure = confusion_matrix(counts_of(SUPPORT), SEVEN)
    save(figure, tmp_path / "m.png")
    height, width = imread(tmp_path / "m.png").shape[:2]
    assert (width, height) == pytest.approx(tuple(figure.get_size_inches() * 150), abs=1)


def test_a_heading_fits_the_height_that_it_says():
    lines = heading("A title " * 9, "what was tested " * 9, "the figures " * 9, 3.0)
    figure = Figure(figsize=(3.0 + 2 * PAD, heading_height(lines) + 2 * PAD))
    write_heading(figure, lines)
    assert_legible(figure)
    assert words(figure) == [line.text for line in lines]
    assert " ".join(words(figure)) == " ".join(["A title"] * 9 + ["what was tested"] * 9 + ["the figures"] * 9)


def test_empty_lines_take_no_room():
    assert heading("", "", "", 3.0) == []
    assert [line.text for line in heading("", "tested", "", 3.0)] == ["tested"]


def test_axes_stand_where_the_inches_say():
    figure = Figure(figsize=(4, 8))
    assert axes_at(figure, 1, 2, 2, 4).get_position().bounds == (0.25, 0.25, 0.5, 0.5)
