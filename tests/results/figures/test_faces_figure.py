from __future__ import annotations

import numpy as np
import pytest
from legible import assert_legible, words
from matplotlib.image import imread

from fer_lightning.results.figures.faces import face_grid
from fer_lightning.results.figures.layout import save

SHAPES = [(1, 48, 48), (7, 48, 48, 3), (16, 60, 40), (3, 224, 224, 3), (5, 28, 28)]


@pytest.mark.parametrize("shape", SHAPES)
def test_face_grid_shows_every_face_over_its_caption(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    figure = face_grid(
        images, [f"happy {i}\nflip, an uncommonly long story" for i in range(shape[0])], "A long title " * 5
    )
    assert_legible(figure)
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes]
    assert np.array_equal(shown, images)
    assert {f"happy {i}" for i in range(shape[0])} <= set(words(figure))
    assert sum(word.endswith("…") for word in words(figure)) == shape[0]  # the third line of a caption is cut


@pytest.mark.parametrize("shape", SHAPES)
def test_notes_and_lines_below_the_title_have_room(shape):
    images, total = np.zeros(shape, dtype=np.uint8), shape[0]
    notes = [f"a/long/path/to/the/image_{i}.png" for i in range(total)]
    captions = ["happy", *["a caption\nof two lines"] * (total - 1)]
    figure = face_grid(images, captions, "Faces", subtitle="what was shown " * 6, details="7 of 9 " * 9, notes=notes)
    assert_legible(figure)
    for i in range(total):  # the end of a path tells it from the next
        assert any(word.startswith("…") and word.endswith(f"image_{i}.png") for word in words(figure))


def test_grey_is_shown_as_it_is_not_stretched():
    figure = face_grid(np.full((1, 8, 8), 100, dtype=np.uint8), ["dim"])
    assert figure.axes[0].images[0].get_clim() == (0, 255)


def test_small_faces_keep_square_even_pixels(tmp_path):
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (1, 48, 24))
    save(face_grid(stripes, ["stripes"]), tmp_path / "g.png")
    grey = imread(tmp_path / "g.png")[100, :, 0] > 0.5
    runs = np.diff(np.flatnonzero(np.diff(grey)))
    assert set(runs[1:46]) == {4}


@pytest.mark.parametrize(("captions", "notes"), [(["only one"], []), (["one", "two"], ["only one"])])
def test_faces_captions_and_notes_must_agree(captions, notes):
    with pytest.raises(ValueError, match=f"{len(captions)} captions and {len(notes)} notes"):
        face_grid(np.zeros((2, 8, 8), dtype=np.uint8), captions, notes=notes)
