from __future__ import annotations

import numpy as np
import pytest
from legible import LONG, assert_legible, words

from fer_lightning.results.figures.super_resolution import enlarged_faces


def drawn(total=2, names=None, **texts):
    rng = np.random.default_rng(0)
    original = rng.integers(30, 226, (total, 8, 8), dtype=np.uint8)
    small = rng.integers(0, 256, (total, 4, 4), dtype=np.uint8)
    versions = [("shrunk", small), ("bicubic", original + 20), ("edsr", original.copy()), ("original", original)]
    return enlarged_faces(versions, names or ["happy"] * total, **texts)


def test_every_version_stands_in_a_row_with_its_distance_from_the_original():
    figure = drawn()
    assert len(figure.axes) == 8
    assert_legible(figure)
    told = words(figure)
    # 20 grey levels off everywhere: 20 log10(255 / 20)
    assert told.count("22.1 dB") == 2
    assert told.count("the same") == 2
    assert told.count("4 x 4 pixels") == 2
    assert told.count("happy") == 2


def test_rows_are_faces_and_columns_versions():
    figure = drawn(total=3)
    tops = [axes.get_position().y1 for axes in figure.axes]
    assert tops[0] == tops[3] > tops[4]
    assert [axes.images[0].get_array().shape[0] for axes in figure.axes[:4]] == [4, 8, 8, 8]


def test_long_texts_stay_on_the_page():
    assert_legible(drawn(names=LONG[-2:], subtitle=", ".join(LONG), details=", ".join(LONG)))


def test_counts_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"2 faces, \[2, 2, 2, 2\] versions, 1 names"):
        drawn(names=["happy"])
