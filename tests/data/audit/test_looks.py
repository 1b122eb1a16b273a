"""Sizes and channels of hand-made pictures."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.audit.audit import count_channels, count_sizes, measure_images
from fer_lightning.data.duplicates import thumbnails


class Decoded(list):
    """Pictures of different sizes that count how often they are asked for."""

    asked = 0

    def __iter__(self):
        for picture in super().__iter__():
            self.asked += 1
            yield picture


def faces_of(make_faces, shapes, **columns):
    draw = np.random.default_rng(0)
    pixels = Decoded(draw.integers(0, 256, shape, dtype=np.uint8) for shape in shapes)
    return make_faces([0] * len(shapes), **columns).with_pixels(pixels, "")


def test_every_picture_is_decoded_once(make_faces):
    faces = faces_of(make_faces, [(30, 40), (24, 24, 3), (9, 9)])
    looks = measure_images(faces)
    assert faces.pixels.asked == 3
    assert np.array_equal(looks.thumbnails, thumbnails(faces.pixels))
    assert looks.height.tolist() == [30, 24, 9]
    assert looks.width.tolist() == [40, 24, 9]
    assert count_channels(looks) == {"grey": 2, "colour": 1}


def test_width_comes_first_and_the_commonest_size_too(make_faces):
    looks = measure_images(faces_of(make_faces, [(30, 40), (50, 20, 3), (50, 20)]))
    assert list(count_sizes(looks).items()) == [("20x50", 2), ("40x30", 1)]


def test_sizes_of_the_files_come_before_those_of_the_pixels(make_faces):
    extras = {"height": np.array([480, 490]), "width": np.array([640, 640])}
    assert count_sizes(measure_images(faces_of(make_faces, [(24, 24), (24, 24)], extras=extras))) == {
        "640x480": 1,
        "640x490": 1,
    }


def test_the_eleventh_size_and_those_after_it_are_other(make_faces):
    shapes = [(24, 24 + number) for number in range(13)] + [(24, 24)]
    told = count_sizes(measure_images(faces_of(make_faces, shapes)))
    assert told == {"24x24": 2, **{f"{24 + number}x24": 1 for number in range(1, 10)}, "other": 3}


def test_a_single_colour_is_blank_and_a_single_other_pixel_is_not(make_faces):
    faces = make_faces([0, 0, 0], size=48, colour=True)
    faces.array[0] = (9, 80, 200)
    faces.array[1] = (9, 80, 200)
    faces.array[1, 47, 47, 2] = 201
    assert measure_images(faces).blank.tolist() == [True, False, False]
