"""Which copies are shown, when there are more than the places."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.audit.example_pairs import select_example_pairs
from fer_lightning.data.audit.overlap import find_overlaps
from fer_lightning.data.duplicates import copy_groups, thumbnails

EACH_KIND = 10


def pairs_of(faces, train, test, val=()):
    sides = {"train": np.array(train), "val": np.array(val, dtype=np.int64), "test": np.array(test)}
    thumbs, groups = thumbnails(faces.pixels), copy_groups(faces)
    return select_example_pairs(find_overlaps(sides, thumbs, groups), thumbs, groups, faces.label)


def mixed(picture: np.ndarray, noise: float, draw: np.random.Generator) -> np.ndarray:
    return np.clip(picture + draw.normal(0, noise, picture.shape), 0, 255).astype(np.uint8)


@pytest.fixture
def many(make_faces):
    """Rows 0 to 29 train, 30 to 59 test: ten copies of another label, ten of the same, ten near, the nearest last."""
    faces = make_faces([0] * 30 + [1] * EACH_KIND + [0] * 20, size=24)
    draw = np.random.default_rng(1)
    pixels = faces.array
    pixels[30:50] = pixels[:20]
    for place in range(EACH_KIND):
        pixels[50 + place] = mixed(pixels[20 + place], 30 * 0.8**place, draw)
    return faces


def test_kinds_take_turns_and_stand_in_their_order(many):
    pairs = pairs_of(many, range(30), range(30, 60))
    shown = [(pair.first_row, pair.second_row) for pair in pairs if pair.sides == "train-test"]
    # two of another label, two of the same, the two most alike, the two least alike
    assert shown == [(0, 30), (1, 31), (10, 40), (11, 41), (29, 59), (28, 58), (21, 51), (20, 50)]
    near = [pair.correlation for pair in pairs[4:8]]
    assert near == sorted(near, reverse=True)
    assert near[-1] >= 0.90
    assert [pair.exact for pair in pairs[:8]] == [True] * 4 + [False] * 4


def test_what_the_sides_leave_goes_to_the_whole_set_and_nothing_is_shown_twice(many):
    pairs = pairs_of(many, range(30), range(30, 60))
    within = [pair for pair in pairs if pair.sides == "within"]
    assert len(within) == 8
    rows = [row for pair in pairs for row in (pair.first_row, pair.second_row)]
    assert len(set(rows)) == len(rows) == 32
    assert all(pair.first_row < pair.second_row for pair in within)


def test_places_that_a_kind_leaves_free_go_to_the_others(many):
    # without near copies and other labels: eight of the plain exact ones
    pairs = pairs_of(many, range(10, 20), range(40, 50))
    shown = [(pair.first_row, pair.second_row) for pair in pairs if pair.sides == "train-test"]
    assert shown == [(row, row + 30) for row in range(10, 18)]


def test_no_more_than_24_pairs_the_sides_first(make_faces):
    faces = make_faces([0] * 80, size=24)
    for start in (20, 40, 60):
        faces.array[start : start + 20] = faces.array[:20]
    faces.array[40:60] = faces.array[60:80] = np.random.default_rng(2).integers(0, 256, (20, 24, 24), dtype=np.uint8)
    # 0 to 19 are alike one by one with 20 to 39, and 40 to 59 with 60 to 79
    train, val, test = [*range(20), *range(40, 45)], [*range(20, 30), *range(60, 80)], [*range(30, 40), *range(45, 60)]
    pairs = pairs_of(faces, train, test, val)
    assert [pair.sides for pair in pairs] == ["train-test"] * 8 + ["val-test"] * 8 + ["train-val"] * 8


def test_a_group_of_copies_is_shown_once_by_the_pair_whose_labels_differ(make_faces):
    faces = make_faces([0, 0, -1, 0, -1, 2, 2], size=24)
    faces.array[:] = faces.array[0]
    pairs = pairs_of(faces, [0, 1, 2], [3, 4, 5, 6])
    assert [(pair.first_row, pair.second_row, pair.exact) for pair in pairs] == [(0, 5, True)]


def test_a_near_copy_of_several_exact_copies_names_the_first_of_them(make_faces):
    faces = make_faces([0] * 5, size=24)
    faces.array[1:4] = faces.array[0] // 2
    faces.array[4] = faces.array[1] + 20
    for train in ([3, 2, 1], [1, 2, 3]):
        (pair,) = [pair for pair in pairs_of(faces, train, [4]) if pair.sides == "train-test"]
        assert (pair.first_row, pair.second_row, pair.exact) == (1, 4, False)


def test_a_mirrored_copy_says_so(make_faces):
    faces = make_faces([0, 0, 0, 0], size=24)
    faces.array[2] = faces.array[0][:, ::-1]
    faces.array[3] = faces.array[1] // 2
    pairs = pairs_of(faces, [0, 1], [2, 3])
    assert {(pair.first_row, pair.second_row): pair.mirrored for pair in pairs} == {(0, 2): True, (1, 3): False}


def test_a_near_pair_hides_no_exact_one_of_its_images(make_faces):
    faces = make_faces([0, 1, 0], size=24)
    faces.array[1] = faces.array[0]  # a conflict inside train
    faces.array[2] = faces.array[0] // 2  # and a near copy of both in test
    pairs = pairs_of(faces, [0, 1], [2])
    assert [(pair.sides, pair.first_row, pair.second_row, pair.exact) for pair in pairs] == [
        ("train-test", 0, 2, False),
        ("within", 0, 1, True),
    ]
