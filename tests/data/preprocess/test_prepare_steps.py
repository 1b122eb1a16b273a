"""The order of the steps, their settings, and images that are oblong or of different sizes."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fer_lightning.data.preprocess.illumination import equalize_eq12
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError


@pytest.mark.parametrize(
    ("settings", "order"),
    [
        ({}, ["size"]),
        ({"channels": 1}, ["grey", "size"]),
        ({"channels": 1, "illumination": "dct"}, ["grey", "dct", "size"]),
        ({"channels": 1, "illumination": "dct", "light_last": True}, ["grey", "size", "dct"]),
        ({"channels": 1, "saturation": 2.0}, ["grey", "size", "saturation"]),
        ({"channels": 1, "saturation": 2.0, "saturate_first": True}, ["saturation", "grey", "size"]),
        (
            {"channels": 1, "saturation": 2.0, "saturate_first": True, "illumination": "dct", "light_last": True},
            ["saturation", "grey", "size", "dct"],
        ),
    ],
)
def test_the_order_of_the_steps(settings, order):
    assert list(Prepare(**({"size": 8, "channels": 3} | settings)).steps()) == order


def test_light_last_treats_the_resized_image():
    face = np.random.default_rng(0).integers(50, 90, (1, 48, 48), dtype=np.uint8)
    small = cv2.resize(face[0], (24, 24), interpolation=cv2.INTER_AREA)
    assert np.array_equal(Prepare(24, 1, "equalize", light_last=True)(face)[0], cv2.equalizeHist(small))


def test_grey_by_weights_of_ones_own():
    # paper D: 0.213 * 200 + 0.715 * 100 + 0.072 * 50 = 117.7
    colour = np.full((1, 4, 4, 3), (200, 100, 50), dtype=np.uint8)
    assert set(Prepare(4, grey=[0.213, 0.715, 0.072])(colour).ravel().tolist()) == {118}


def test_saturation_after_grey_changes_nothing_and_before_it_only_where_levels_are_cut_off():
    colour = np.full((1, 4, 4, 3), (200, 100, 50), dtype=np.uint8)
    plain = Prepare(4)(colour)
    assert np.array_equal(Prepare(4, saturation=2.0)(colour), plain)
    # grey is 124.2; twice as far from it is 275.8, 75.8 and -24.2, cut off at 255 and 0: 0.299*255 + 0.587*76 = 120.9
    assert set(Prepare(4, saturation=2.0, saturate_first=True)(colour).ravel().tolist()) == {121}
    assert Prepare(4, 3, saturation=2.0)(colour)[0, 0, 0].tolist() == [255, 76, 0]


def test_options_reach_the_illumination_and_have_their_own_key(make_faces, tmp_path):
    faces = make_faces([0, 1], size=6)
    whole, part = Prepare(6, 1, "equalize_eq12"), Prepare(6, 1, "equalize_eq12", {"low": 100, "high": 120})
    expected = np.stack([equalize_eq12(face, low=100, high=120) for face in faces.pixels])
    assert np.array_equal(part.faces(faces, tmp_path).pixels, expected)
    assert part.faces(faces, tmp_path).fingerprint != whole.faces(faces, tmp_path).fingerprint


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"illumination": "equalize_eq12", "options": {"lo": 3}},
            r"preprocess\.options\.lo: illumination equalize_eq12 has none such; choose among low, high",
        ),
        ({"options": {"low": 3}}, r"preprocess\.options\.low: illumination none has none such; it takes none"),
        (
            {"illumination": "equalize", "options": {"low": 3}},
            r"options\.low: illumination equalize has none such; it takes none",
        ),
        ({"illumination": "equalize_eq12", "options": {"low": 255}}, r"options\.low=255: choose one below"),
        ({"view": "hole"}, r"preprocess\.view=hole: choose among centre, whole"),
        ({"grey": [0.5, 0.5]}, r"preprocess\.grey=\[0\.5, 0\.5\]: choose null"),
        ({"saturation": -1}, r"preprocess\.saturation=-1: choose 0"),
    ],
)
def test_settings_of_the_new_steps_are_refused_by_name(settings, message):
    with pytest.raises(FerError, match=message):
        Prepare(8, **settings)


@pytest.mark.parametrize(("view", "whole"), [("centre", False), ("whole", True)])
def test_the_view_is_said_to_whom_it_concerns(view, whole):
    assert Prepare(8, view=view).shown_whole is whole


def test_an_oblong_image_keeps_its_proportions_between_repeated_borders():
    image = np.array([[[1, 2, 3, 4], [5, 6, 7, 8]]], dtype=np.uint8)
    square = [[1, 2, 3, 4], [1, 2, 3, 4], [5, 6, 7, 8], [5, 6, 7, 8]]
    assert Prepare(4)(image)[0].tolist() == square
    assert Prepare(4)(image.transpose(0, 2, 1))[0].tolist() == np.transpose(square).tolist()
    # of an odd difference the larger part comes below
    assert Prepare(4)(np.array([[[1, 2, 3, 4]]], dtype=np.uint8))[0].tolist() == [[1, 2, 3, 4]] * 4


def test_a_disc_stays_round():
    disc = cv2.circle(np.zeros((60, 90), dtype=np.uint8), (45, 30), 20, 255, -1)
    rows, columns = np.nonzero(Prepare(45)(disc[None])[0] > 127)
    assert abs(int(np.ptp(rows)) - int(np.ptp(columns))) <= 1


def test_images_of_different_sizes_are_prepared_one_by_one_and_kept(make_faces, tmp_path):
    shapes = [(20, 20), (31, 17), (9, 12, 3)]
    images = [np.random.default_rng(n).integers(0, 256, shape, dtype=np.uint8) for n, shape in enumerate(shapes)]
    faces = make_faces([0, 1, 2], pixels=np.zeros((3, 1, 1), dtype=np.uint8)).with_pixels(images, "three sizes")
    prepared = Prepare(16, 1, "equalize").faces(faces, tmp_path)
    assert prepared.array.shape == (3, 16, 16)
    assert isinstance(prepared.array, np.memmap)
    assert np.array_equal(prepared.array, np.stack([Prepare(16, 1, "equalize").one(image) for image in images]))


def test_a_colour_net_gets_three_channels_of_every_picture_of_a_mixed_set(make_faces, tmp_path):
    grey, colour = (
        np.full((9, 9), 7, dtype=np.uint8),
        np.dstack([np.full((8, 8), n, dtype=np.uint8) for n in (1, 2, 3)]),
    )
    faces = replace(make_faces([0, 1]), pixels=[grey, colour])
    for pixels in (Prepare(8, channels=3).faces(faces, tmp_path).array, Prepare(8, channels=3)([grey, colour])):
        assert pixels.shape == (2, 8, 8, 3)
        assert (pixels[0] == 7).all()
        assert pixels[1, 0, 0].tolist() == [1, 2, 3]
