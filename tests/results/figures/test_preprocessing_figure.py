from __future__ import annotations

import numpy as np
import pytest
from legible import assert_legible, words
from matplotlib.image import imread

from fer_lightning.results.figures.layout import save
from fer_lightning.results.figures.preprocessing import Step, step_rows


def picture(*shape, seed=0):
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


STEPS = [
    Step("as read", [picture(90, 120, 3), picture(300, 200, 3)]),
    Step("locate landmarks, haar, mtcnn, crop, align, margin 0.25", [picture(51, 51, 3), picture(63, 63, 3)]),
    Step("grey", [picture(51, 51), picture(63, 63)]),
    Step("size 32", [picture(32, 32), picture(32, 32)]),
    Step("what the net sees", [picture(32, 32), picture(32, 32)]),
]


@pytest.mark.parametrize("columns", [1, 2, 5])
def test_every_face_stands_in_every_column_as_it_is(columns):
    names, ids = ["happy", "an uncommonly long class"], ["a.png", "a/long/path/to/the/image_2.png"]
    figure = step_rows(STEPS[:columns], names, ids, subtitle="what was prepared " * 5)
    assert_legible(figure)
    shown = [axes.images[0] for axes in figure.axes]
    wanted = [step.images[row] for row in range(2) for step in STEPS[:columns]]
    assert all(np.array_equal(image.get_array(), want) for image, want in zip(shown, wanted, strict=True))
    assert {image.get_clim() for image in shown} == {(0, 255)}
    said = words(figure)
    end = next(place for place, word in enumerate(said) if word.endswith("image_2.png"))
    assert f"{said[end - 1]}{said[end]}".endswith("path/to/the/image_2.png")


def test_headings_say_the_sizes_and_which_step_changed_nothing():
    said = words(step_rows(STEPS, ["happy", "sad"], ["a", "b"]))
    assert {"120x90 to 200x300", "51x51 to 63x63", "32x32", "32x32, unchanged"} <= set(said)
    assert said.count("32x32, unchanged") == 1


def test_a_setting_without_blanks_breaks_at_its_underscores():
    head = words(step_rows([Step("difference_of_gaussians", [picture(48, 48)])], ["happy"], ["a"]))
    assert "difference of" in head
    assert "gaussians" in head


def test_a_photograph_keeps_its_proportions_in_the_middle_of_its_cell():
    figure = step_rows([Step("as read", [picture(90, 120), picture(60, 60)])], ["a", "b"], ["a", "b"])
    across, up = figure.get_size_inches()
    wide, square = (axes.get_position() for axes in figure.axes)
    assert wide.width * across / (wide.height * up) == pytest.approx(120 / 90)
    assert wide.width == pytest.approx(square.width)
    assert (wide.x0, wide.x1) == pytest.approx((square.x0, square.x1))


@pytest.mark.parametrize("side", [32, 48, 96])
def test_pixels_of_small_faces_are_equally_wide(tmp_path, side):
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (side, side // 2))
    save(step_rows([Step("as read", [stripes])], ["happy"], ["a"]), tmp_path / "s.png")
    grey = imread(tmp_path / "s.png")[-100, :, 0]
    edges = np.flatnonzero(np.diff(grey > 0.5))
    assert set(np.diff(edges[-side + 1 :]).tolist()) == {192 // side}


def test_columns_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="2 names for columns of"):
        step_rows([Step("as read", [picture(8, 8)])], ["a", "b"], ["a", "b"])
    with pytest.raises(ValueError, match="0 names"):
        step_rows([], [], [])
