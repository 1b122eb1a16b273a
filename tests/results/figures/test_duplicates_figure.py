from __future__ import annotations

import numpy as np
import pytest
from legible import assert_legible, words

from fer_lightning.results.figures.duplicates import WARNING, Copies, copies_page
from fer_lightning.results.figures.layout import save

FACE = np.zeros((48, 48), dtype=np.uint8)


def pair(**changes):
    given = {
        "images": (FACE, FACE + 9),
        "ids": ("00001", "00002"),
        "labels": ("happy", "happy"),
        "correlation": 1.0,
        "mirrored": False,
        "exact": True,
        "sides": "train-test",
    }
    return Copies(**(given | changes))


def colour_of(figure, word):
    return {text.get_color() for text in figure.texts if text.get_text() == word}


def test_each_crossing_has_its_heading_and_each_pair_its_words():
    near = pair(exact=False, correlation=0.9312, mirrored=True, sides="within")
    figure = copies_page([pair(), near], "which data", {"train-test": "2 of 9"})
    said = words(figure)
    assert said[:4] == ["Copies", "which data", "Left in train, right in test", "2 of 9"]
    assert "Anywhere in the set" in said
    assert {"exact", "near 0.931, mirrored"} <= set(said)
    assert said.count("00001") == said.count("00002") == 2


def test_labels_that_differ_are_red_and_said():
    figure = copies_page([pair(labels=("fear", "sad"))])
    assert colour_of(figure, "fear") == colour_of(figure, "sad") == {WARNING}
    assert "exact, labels differ" in words(figure)


@pytest.mark.parametrize("labels", [("sad", "sad"), ("sad", ""), ("", "")])
def test_a_missing_label_is_no_difference(labels):
    figure = copies_page([pair(labels=labels)])
    assert not any(text.get_color() == WARNING for text in figure.texts)
    assert words(figure).count("no label") == labels.count("")


def test_a_near_copy_never_looks_exact_for_its_rounding():
    assert "near, above 0.999" in words(copies_page([pair(exact=False, correlation=0.99996)]))


def test_pictures_stand_as_they_are_left_then_right():
    wide, colour = np.full((20, 60), 7, dtype=np.uint8), np.full((90, 30, 3), 200, dtype=np.uint8)
    figure = copies_page([pair(), pair(images=(wide, colour))])
    shown = [axes.images[0].get_array() for axes in figure.axes]
    assert [image.shape for image in shown] == [(48, 48), (48, 48), (20, 60), (90, 30, 3)]
    assert [int(image.flat[0]) for image in shown] == [0, 9, 7, 200]
    left, right = (axes.get_position() for axes in figure.axes[:2])
    assert left.x1 < right.x0
    assert left.y0 == pytest.approx(right.y0)


@pytest.mark.parametrize("count", [1, 8])
def test_long_names_stay_legible(count):
    long = pair(
        ids=("folder of faces/subject 1/image_000001.png", "$\\broken$/image_2.png"),
        labels=("class of people who look very very sad", "another class of people a$b$"),
        exact=False,
        correlation=0.95,
        mirrored=True,
    )
    found = [long._replace(sides=sides) for sides in ("train-test", "val-test", "within") for _ in range(count)]
    figure = copies_page(found, "what was audited " * 9, {"train-test": "figures of it " * 20, "within": "few"})
    assert_legible(figure)
    said = words(figure)
    ends = [place for place, word in enumerate(said) if word.endswith("000001.png")]
    assert len(ends) == 3 * count
    assert all(said[place - 1].startswith("…") for place in ends)


def test_the_same_pairs_give_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        save(copies_page([pair(), pair(exact=False)]), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
