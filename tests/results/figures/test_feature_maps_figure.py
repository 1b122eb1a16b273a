from __future__ import annotations

import numpy as np
import pytest
from legible import LONG, assert_legible, words

from fer_lightning.results.figures.feature_maps import Layer, feature_maps
from fer_lightning.results.figures.layout import save


def layer(faces, numbers, side=6, total=64, name="features.0", scale=1.0):
    maps = scale * np.random.default_rng(0).normal(size=(faces, len(numbers), side, side))
    return Layer(name, "Conv2d", total, numbers, maps)


def drawn(faces, *layers, names=None, size=48, colour=(), **texts):
    pixels = np.random.default_rng(1).integers(0, 256, (faces, size, size, *colour), dtype=np.uint8)
    return feature_maps(pixels, names or ["happy"] * faces, layers, **texts)


def test_every_layer_shows_every_face_beside_its_maps():
    first, last = layer(2, [5, 1, 9], 48, name="a"), layer(2, [0, 7], 6, 8, name="b")
    figure = drawn(2, first, last, names=["angry", "sad"])
    assert_legible(figure)
    said = words(figure)
    assert "a (Conv2d): 3 of 64 maps, 48 x 48" in said
    assert "b (Conv2d): 2 of 8 maps, 6 x 6" in said
    captions = [word for word in said if word in ("angry", "sad") or word.startswith("map ")]
    assert captions == [
        *("angry", "map 5", "map 1", "map 9", "sad", "map 5", "map 1", "map 9"),
        *("angry", "map 0", "map 7", "sad", "map 0", "map 7"),
    ]
    images = [axes.images[0].get_array() for axes in figure.axes]
    np.testing.assert_array_equal(images[5], first.maps[1, 0])
    np.testing.assert_array_equal(images[13], last.maps[1, 1])
    np.testing.assert_array_equal(images[0], images[8])


def test_a_map_is_scaled_by_its_own_range_over_all_faces():
    shown = layer(3, [0, 1])
    shown.maps[2, 1] *= 50
    figure = drawn(3, shown)
    for place in range(3):
        for column in range(2):
            one = figure.axes[3 * place + 1 + column].images[0]
            assert one.get_clim() == (shown.maps[:, column].min(), shown.maps[:, column].max())


def test_a_map_that_is_the_same_everywhere_is_drawn_black():
    shown = layer(1, [3], scale=0.0)
    figure = drawn(1, shown)
    image = figure.axes[1].images[0]
    assert image.norm(image.get_array()).max() == 0
    assert_legible(figure)


def test_more_maps_than_a_row_holds_stand_in_further_rows():
    figure = drawn(2, layer(2, list(range(10))), layer(2, [1]))
    assert_legible(figure)
    places = [axes.get_position().bounds[:2] for axes in figure.axes[:22]]
    assert len({round(y, 4) for _, y in places}) == 6  # three rows for each of two faces
    assert len({round(x, 4) for x, _ in places}) == 5
    six = drawn(1, layer(1, list(range(6))))
    assert len({round(axes.get_position().x0, 4) for axes in six.axes}) == 4  # the face, and three and three maps


@pytest.mark.parametrize(("faces", "maps", "colour"), [(1, 1, ()), (1, 9, (3,)), (3, 1, (3,)), (3, 4, ())])
def test_long_names_and_texts_stay_legible(faces, maps, colour):
    long = layer(faces, list(range(500, 500 + maps)), name="net.blocks.12.3.branch_of_some_depth.conv_pw_linear")
    figure = drawn(faces, long, long, names=LONG[:faces], size=224, colour=colour, subtitle="what was tested " * 9)
    assert_legible(figure)
    assert figure.get_figwidth() < 6


def test_the_same_page_gives_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        save(drawn(1, layer(1, [0])), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_faces_names_and_maps_must_agree():
    with pytest.raises(ValueError, match=r"2 faces for names and maps of \[2, 3\]"):
        drawn(2, layer(3, [0]))
