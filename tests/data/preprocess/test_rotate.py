"""Turned to both sides: the pixels, the points and the protocols go along."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.duplicates import copy_groups
from fer_lightning.data.preprocess.rotate import rotate, rotate_both_ways
from fer_lightning.data.protocols import Request, apply_protocol
from fer_lightning.errors import FerError


@pytest.mark.parametrize("side", [8, 9])
@pytest.mark.parametrize(("degrees", "times"), [(90, 1), (-90, -1), (180, 2)])
def test_quarter_turns_are_numpys(side, degrees, times):
    image = np.random.default_rng(0).integers(0, 256, (side, side), dtype=np.uint8)
    assert np.array_equal(rotate(image, degrees), np.rot90(image, times))


def test_quarter_turns_of_colour_are_numpys():
    image = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    assert np.array_equal(rotate(image, 90), np.rot90(image))


def test_the_border_repeats_where_the_turn_leaves_nothing():
    assert set(rotate(np.full((20, 20), 70, dtype=np.uint8), 30).ravel().tolist()) == {70}


def test_213_images_become_426_plus_and_minus_in_turn(make_faces):
    faces = make_faces(np.arange(213) % 7, size=6)
    both = rotate_both_ways(faces, 90)
    assert len(both) == 426
    assert both.label.tolist() == np.repeat(faces.label, 2).tolist()
    assert both.ids[:4].tolist() == ["00000+90", "00000-90", "00001+90", "00001-90"]
    assert len(set(both.ids.tolist())) == 426
    assert both.fingerprint not in (faces.fingerprint, rotate_both_ways(faces, 45).fingerprint)
    for row in (0, 5, 425):
        assert np.array_equal(both.pixels[row], np.rot90(faces.pixels[row // 2], (-1) ** row))


def test_no_angle_changes_nothing(make_faces):
    faces = make_faces([0, 1])
    assert rotate_both_ways(faces, 0) is faces


@pytest.mark.parametrize("degrees", [-1, 181])
def test_impossible_angles_are_refused(make_faces, degrees):
    with pytest.raises(FerError, match=rf"data\.rotate={degrees}: choose 0 to 180 degrees"):
        rotate_both_ways(make_faces([0]), degrees)


@pytest.mark.parametrize("degrees", [90, 37.5])
def test_points_turn_with_the_pixels(make_faces, degrees):
    pixels = np.zeros((1, 41, 41), dtype=np.uint8)
    pixels[0, 9:12, 24:27] = 255  # a spot whose centre is x 25, y 10
    marks = np.full((1, 68, 2), (25.0, 10.0), dtype=np.float32)
    marks[0, 1] = np.nan
    both = rotate_both_ways(make_faces([0], pixels=pixels, extras={"landmarks": marks}), degrees)
    for row in range(2):
        image = both.pixels[row].astype(float)
        rows, columns = np.mgrid[:41, :41]
        centre = [(columns * image).sum() / image.sum(), (rows * image).sum() / image.sum()]
        assert both.extras["landmarks"][row, 0] == pytest.approx(centre, abs=0.1)
        assert np.isnan(both.extras["landmarks"][row, 1]).all()


def test_both_turns_and_copies_of_the_original_count_as_one_picture(make_faces):
    faces = make_faces([0, 1, 2])
    faces.pixels[2] = faces.pixels[0]
    assert copy_groups(rotate_both_ways(faces, 20)).tolist() == [0, 0, 1, 1, 0, 0]


def test_no_protocol_that_keeps_copies_together_parts_the_turns(make_faces):
    both = rotate_both_ways(make_faces(np.arange(70) % 7, size=6), 10)
    for fold in range(3):
        for rows in apply_protocol(both, "kfold", Request(fold)).splits().values():
            assert (np.bincount(rows // 2)[np.unique(rows // 2)] == 2).all()
