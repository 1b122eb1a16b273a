from __future__ import annotations

import numpy as np
import pytest
from legible import LONG, assert_legible, words

from fer_lightning.results.figures.importance import LOSS, importance_maps
from fer_lightning.results.figures.layout import save
from fer_lightning.results.style import luminance


def drawn(drops, names=None, colour=(), **texts):
    names = names or ["happy"] * len(drops)
    faces = np.random.default_rng(0).integers(0, 256, (*drops.shape, *colour), dtype=np.uint8)
    captions = [((name, "65.4 %, taken for another"), "down to 31.9 %") for name in names]
    return importance_maps(faces, drops, captions, **texts)


def spike(height, size=8):
    drop = np.zeros((size, size))
    drop[2, 5] = height
    return drop


def maps(figure):
    return [axes.images[1] for axes in figure.axes if len(axes.images) == 2]


def test_maps_are_in_percentage_points_on_one_scale_with_their_mean_last():
    figure = drawn(np.stack([spike(0.4), spike(-0.1), spike(0.0)]))
    assert_legible(figure)
    shown = maps(figure)
    assert [float(one.get_array()[2, 5]) for one in shown] == pytest.approx([40, -10, 0, 10])
    assert all(one.get_clim() == (-40, 40) for one in shown)
    assert {"mean of all", "3 faces", "mean of the maps"} <= set(words(figure))


def test_the_mean_face_is_the_mean():
    drops = np.stack([spike(0.4), spike(0.2)])
    figure = drawn(drops)
    one, two, mean = (axes.images[0].get_array().astype(float) for axes in figure.axes[:-1:2])
    np.testing.assert_allclose(mean, (one + two) / 2, atol=0.5)


def test_the_colour_bar_says_the_points_and_their_sign():
    figure = drawn(spike(0.38)[None])
    bar = figure.axes[-1]
    assert [tick.get_text() for tick in bar.get_xticklabels()] == ["-30", "-20", "-10", "0", "+10", "+20", "+30"]
    assert bar.get_xlim() == (-38, 38)
    assert "percentage points of the true class lost (+) or won (-) by blanking" in words(figure)


def test_a_net_that_no_patch_disturbs_is_not_drawn_as_if_one_did():
    figure = drawn(np.stack([spike(0.0), spike(1e-4)]))
    assert_legible(figure)
    assert maps(figure)[1].get_clim() == (-1, 1)


def test_nothing_is_transparent_and_loss_and_gain_are_two_hues_that_deepen():
    assert LOSS(0.5)[3] == pytest.approx(0, abs=0.01)
    for side in (1, -1):
        alphas = [LOSS(0.5 + side * share / 2)[3] for share in (0.1, 0.5, 1)]
        assert alphas == sorted(alphas)
        assert alphas[0] > 0.05
    assert abs(luminance(LOSS(0.0)[:3]) - luminance(LOSS(1.0)[:3])) > 0.1


@pytest.mark.parametrize(("size", "total", "colour"), [(32, 1, ()), (224, 1, (3,)), (224, 2, ()), (32, 10, (3,))])
def test_long_names_and_texts_stay_legible(size, total, colour):
    drops = np.stack([spike(0.9, size)] * total)
    figure = drawn(drops, LONG[:total], colour, subtitle="what was tested " * 9, how="how it was blanked " * 9)
    assert_legible(figure)
    assert figure.get_figwidth() < 6  # inches: a phone shows it without zooming


def test_the_same_page_gives_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        save(drawn(spike(0.3)[None]), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_arrays_must_agree():
    faces = np.zeros((2, 8, 8), dtype=np.uint8)
    with pytest.raises(ValueError, match=r"faces of shape \(2, 8, 8\), drops \(2, 8, 9\) and 1 captions"):
        importance_maps(faces, np.zeros((2, 8, 9)), [(("a", "b"), "c")])
