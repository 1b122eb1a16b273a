from __future__ import annotations

import numpy as np
import pytest
from legible import LONG, assert_legible, words

from fer_lightning.results.figures.layout import save
from fer_lightning.results.figures.warps import warped_faces

FRAME = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], dtype=float)


def drawn(corners, names=None, size=8, out=None, colour=(), **texts):
    total = len(corners)
    rng = np.random.default_rng(0)
    faces = rng.integers(0, 256, (total, size, size, *colour), dtype=np.uint8)
    after = rng.integers(0, 256, (total, out or size, out or size, *colour), dtype=np.uint8)
    names = names or ["happy"] * total
    return warped_faces(faces, after, corners, names, ["zoom 1.00, 0.0°"] * total, **texts)


def test_the_outline_is_closed_on_the_face_and_its_first_corner_is_marked():
    corners = 8 * FRAME[None] * 0.5 + 2
    figure = drawn(corners)
    face, after = figure.axes
    assert_legible(figure)
    for line in face.lines[:2]:
        np.testing.assert_array_equal(line.get_xydata(), [[2, 2], [6, 2], [6, 6], [2, 6], [2, 2]])
    np.testing.assert_array_equal(face.lines[2].get_xydata(), [[2, 2]])
    assert not after.lines
    # a pixel of the face is a unit of the corners: its upper left edge is (0, 0)
    assert face.images[0].get_extent() == [0, 8, 8, 0]
    assert face.get_ylim()[0] > face.get_ylim()[1]


def test_the_corners_ways_are_told_in_pixels():
    one, two = 8 * FRAME, 8 * FRAME + np.array([3.0, 4.0])
    told = " ".join(words(drawn(np.stack([one, two]))))
    assert "Corners moved by 2.5 of 8 pixels on average, by 5.0 at most." in told


@pytest.mark.parametrize(("beyond", "shown"), [(0.0, 0.5), (2.0, 2.2), (40.0, 4.0)])
def test_outlines_beyond_the_face_are_in_sight_up_to_half_a_face(beyond, shown):
    figure = drawn(np.stack([8 * FRAME + beyond, 8 * FRAME]))
    for face in figure.axes[::2]:
        left, right = face.get_xlim()
        assert -left == pytest.approx(right - 8)
        assert right - 8 == pytest.approx(shown, abs=0.1)


@pytest.mark.parametrize(
    ("size", "out", "total", "colour"), [(48, None, 1, ()), (224, 32, 1, (3,)), (224, 32, 2, ()), (48, None, 10, (3,))]
)
def test_long_names_and_texts_stay_legible(size, out, total, colour):
    corners = np.stack([size * FRAME + number for number in range(total)])
    figure = drawn(corners, LONG[:total], size, out, colour, subtitle="what was tested " * 9)
    assert_legible(figure)
    assert figure.get_figwidth() < 6


def test_the_same_page_gives_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        save(drawn(8 * FRAME[None]), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_columns_must_agree():
    faces = np.zeros((2, 8, 8), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"2 faces; warped ones, corners, names and changes: \[2, 1, 2, 2\]"):
        warped_faces(faces, faces, 8 * FRAME[None], ["a", "b"], ["c", "d"])
