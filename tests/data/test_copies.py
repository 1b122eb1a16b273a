"""Exact copies, found by hand-made pixels."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.copies import copy_groups, with_copy


def images(*values: int) -> np.ndarray:
    """One 2x2 image of each value."""
    return np.array([[[value] * 2] * 2 for value in values], dtype=np.uint8)


def test_the_same_pixels_share_a_number():
    assert copy_groups(images(7, 8, 7, 9, 8, 7)).tolist() == [0, 1, 0, 2, 1, 0]


def test_one_changed_pixel_is_no_copy():
    pixels = images(7, 7)
    pixels[1, 1, 1] = 8
    assert copy_groups(pixels).tolist() == [0, 1]


def test_a_mirrored_image_is_no_copy():
    pixels = np.array([[[1, 2], [3, 4]], [[2, 1], [4, 3]]], dtype=np.uint8)
    assert copy_groups(pixels).tolist() == [0, 1]


def test_colour_and_strided_images_are_compared_by_content():
    colour = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
    colour[2] = colour[0]
    backwards = colour[:, ::-1, ::-1]
    assert copy_groups(colour).tolist() == copy_groups(backwards).tolist() == [0, 1, 0]


def test_with_copy_counts_images_of_the_second_side():
    groups = np.array([0, 1, 0, 2, 1, 0])
    # rows 2 and 5 show image 0, row 4 shows image 1; row 3 is alone
    assert with_copy(groups, np.array([0]), np.array([2, 3, 5])) == 2
    assert with_copy(groups, np.array([0, 1]), np.array([2, 3, 4, 5])) == 3
    assert with_copy(groups, np.array([2, 3, 4, 5]), np.array([0])) == 1
    assert with_copy(groups, np.array([3]), np.array([0, 1])) == 0
