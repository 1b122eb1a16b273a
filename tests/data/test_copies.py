"""Exact copies, found by hand-made pixels."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.duplicates import copy_groups, count_copies


@pytest.fixture
def of_pixels(make_faces):
    """A function that makes unlabelled faces of these pixels."""
    return lambda pixels, **columns: make_faces([-1] * len(pixels), **{"pixels": np.array(pixels), **columns})


def images(*values: int) -> np.ndarray:
    """One 2x2 image of each value."""
    return np.array([[[value] * 2] * 2 for value in values], dtype=np.uint8)


def test_the_same_pixels_share_a_number(of_pixels):
    groups = copy_groups(of_pixels(images(7, 8, 7, 9, 8, 7)))
    assert groups.tolist() == [0, 1, 0, 2, 1, 0]
    assert groups.dtype == np.int64


def test_one_changed_pixel_is_no_copy(of_pixels):
    pixels = images(7, 7)
    pixels[1, 1, 1] = 8
    assert copy_groups(of_pixels(pixels)).tolist() == [0, 1]


def test_a_mirrored_image_is_no_copy(of_pixels):
    pixels = np.array([[[1, 2], [3, 4]], [[2, 1], [4, 3]]], dtype=np.uint8)
    assert copy_groups(of_pixels(pixels)).tolist() == [0, 1]


def test_colour_and_strided_images_are_compared_by_content(make_faces):
    colour = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
    colour[2] = colour[0]
    forwards, backwards = (make_faces([0] * 3).with_pixels(seen, "") for seen in (colour, colour[:, ::-1, ::-1]))
    assert copy_groups(forwards).tolist() == copy_groups(backwards).tolist() == [0, 1, 0]


def test_pictures_of_other_sizes_are_no_copies_whatever_their_bytes(make_faces):
    shapes = [(2, 8), (4, 4), (2, 8), (4, 4, 1)]
    pictures = [np.full(shape, 7, dtype=np.uint8) for shape in shapes]
    assert copy_groups(make_faces([0] * 4).with_pixels(pictures, "sizes")).tolist() == [0, 1, 0, 2]


def test_a_digest_decides_and_no_pixel_is_asked(make_faces):
    class Undecodable(list):
        def __iter__(self):
            raise AssertionError("a picture was decoded")

    faces = make_faces([0] * 5, extras={"digest": np.array([-5, 9, 2**62, 9, -5])})
    assert copy_groups(faces.with_pixels(Undecodable([None] * 5), "files")).tolist() == [0, 1, 2, 1, 0]


def test_rows_are_numbered_anew_from_the_first(of_pixels):
    faces = of_pixels(images(7, 8, 7, 9, 8, 7)).take(np.array([3, 5, 4, 2]), "some")
    assert copy_groups(faces).tolist() == [0, 1, 2, 1]


def test_with_copy_counts_images_of_the_second_side():
    groups = np.array([0, 1, 0, 2, 1, 0])
    # rows 2 and 5 show image 0, row 4 shows image 1; row 3 is alone
    assert count_copies(groups, np.array([0]), np.array([2, 3, 5])) == 2
    assert count_copies(groups, np.array([0, 1]), np.array([2, 3, 4, 5])) == 3
    assert count_copies(groups, np.array([2, 3, 4, 5]), np.array([0])) == 1
    assert count_copies(groups, np.array([3]), np.array([0, 1])) == 0
