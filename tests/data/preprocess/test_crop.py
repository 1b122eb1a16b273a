"""The geometry that levels the eyes and cuts the face out, by hand and beside scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import camera
from skimage.transform import rotate

from fer_lightning.data.preprocess.crop import crop_face
from fer_lightning.data.preprocess.detectors import Face
from fer_lightning.errors import FerError

PLAIN = {"crop": False, "align": False, "margin": 0.0}


def face(box, eyes=None):
    return Face(tuple(map(float, box)), 1.0, None if eyes is None else np.array(eyes, dtype=np.float64))


def noise(*shape):
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def on_circle(middle, radius, degrees):
    """The two ends of a line through the middle that falls to the right by an angle."""
    step = radius * np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    return np.array([middle - step, middle + step])


def dots(shape, points, values):
    """Soft dots, so that their centres can be told to a fraction of a pixel."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    parts = [
        value * np.exp(-((x - px) ** 2 + (y - py) ** 2) / 18) for (px, py), value in zip(points, values, strict=True)
    ]
    return np.round(sum(parts)).astype(np.uint8)


def centre(image, columns):
    """x, y of the light within some columns."""
    y, x = np.mgrid[: image.shape[0], : image.shape[1]]
    light = image.astype(float) * ((x >= columns[0]) & (x < columns[1]))
    return np.array([(x * light).sum(), (y * light).sum()]) / light.sum()


@pytest.mark.parametrize("degrees", [-60, -17, -1, 3, 25, 80])
def test_eyes_come_level_about_a_midpoint_that_stays(degrees):
    middle = np.array([88.0, 71.0])
    eyes = on_circle(middle, 30, degrees)
    picture = dots((150, 180), eyes, (120, 240))
    level = crop_face(picture, face((40, 30, 90, 90), eyes), crop=False, align=True, margin=0)
    assert level.shape == picture.shape
    left, right = centre(level, (0, 88)), centre(level, (88, 180))
    assert left == pytest.approx(middle - (30, 0), abs=0.1)
    assert right == pytest.approx(middle + (30, 0), abs=0.1)
    assert level[:, :88].max() < 130 < level[:, 88:].max()  # neither mirrored nor upside down


def test_landmarks_of_a_face_on_its_head_set_it_upright():
    eyes = [(100, 60), (40, 60)]  # the left eye of the upright face is on the image's right
    upright = crop_face(
        dots((120, 140), eyes, (120, 240)), face((30, 20, 80, 80), eyes), crop=False, align=True, margin=0
    )
    assert upright[:, :70].max() < 130 < upright[:, 70:].max()


def test_a_turn_is_scikit_images():
    picture, eyes = camera(), on_circle(np.array([230.0, 150.0]), 40, 12)
    ours = crop_face(picture, face((150, 80, 150, 150), eyes), crop=False, align=True, margin=0)
    theirs = rotate(picture, 12, center=(230, 150), order=1, mode="edge", preserve_range=True)
    # OpenCV places each pixel to 1/32 only
    assert np.abs(ours - theirs).mean() < 1
    assert np.abs(picture - theirs).mean() > 10


@pytest.mark.parametrize("channels", [(), (3,)])
def test_a_square_box_in_whole_pixels_is_a_slice(channels):
    picture = noise(60, 80, *channels)
    found = crop_face(picture, face((13, 7, 30, 30)), crop=True, align=False, margin=0)
    assert np.array_equal(found, picture[7:37, 13:43])


def test_the_longer_side_rules_and_the_box_stays_in_the_middle():
    picture = noise(100, 100)
    found = crop_face(picture, face((40, 20, 20, 40)), crop=True, align=False, margin=0)
    assert np.array_equal(found, picture[20:60, 30:70])


def test_the_margin_is_a_share_that_each_side_gains():
    picture = noise(100, 100)
    found = crop_face(picture, face((40, 30, 20, 20)), crop=True, align=False, margin=0.25)
    assert np.array_equal(found, picture[25:55, 35:65])


def test_beyond_the_border_its_pixels_repeat():
    picture = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], dtype=np.uint8)
    found = crop_face(picture, face((-2, -1, 4, 4)), crop=True, align=False, margin=0)
    assert found.tolist() == [[1, 1, 1, 2], [1, 1, 1, 2], [4, 4, 4, 5], [7, 7, 7, 8]]


@pytest.mark.parametrize("eyes", [None, [(3, 10), (9, 13)]])
def test_a_box_beside_the_image_is_its_border(eyes):
    picture = noise(20, 20)
    picture[:, 0] = 77
    found = crop_face(picture, face((-200, 5, 10, 10), eyes), crop=True, align=True, margin=0)
    assert found.tolist() == [[77] * 10] * 10


@pytest.mark.parametrize("degrees", [-30, 9, 45])
def test_the_box_turns_along_and_its_middle_is_the_crops(degrees):
    eyes = on_circle(np.array([80.0, 60.0]), 20, degrees)
    # the centre of the box is the edge of pixels, half a pixel beyond the centre of pixel (95, 100)
    picture = dots((170, 190), [(95, 100)], [200])
    found = crop_face(picture, face((95.5 - 35, 100.5 - 25, 70, 50), eyes), crop=True, align=True, margin=0.1)
    assert found.shape == (84, 84)
    assert centre(found, (0, 84)) == pytest.approx((41.5, 41.5), abs=0.55)  # whole pixels: half a one off at most


@pytest.mark.parametrize("degrees", [-40, 20])
def test_a_turned_crop_sees_corners_that_a_turn_within_the_frame_would_lose(degrees):
    picture, eyes = camera()[::4, ::4], on_circle(np.array([90.0, 90.0]), 10, degrees)
    box = (70, 75, 60, 60)
    wide = np.pad(picture, 100, mode="edge")
    found = crop_face(picture, face(box, eyes), crop=True, align=True, margin=0)
    same = crop_face(wide, face((170, 175, 60, 60), eyes + 100), crop=True, align=True, margin=0)
    assert np.abs(found.astype(int) - same).max() <= 1


@pytest.mark.parametrize("crop", [False, True])
def test_level_or_unknown_eyes_turn_nothing(crop):
    picture = noise(50, 50)
    plain = crop_face(picture, face((10, 10, 20, 20)), crop=crop, align=False, margin=0.1)
    for eyes in (None, [(15, 18), (25, 18)], [(15, 18), (15, 18)]):
        assert np.array_equal(
            crop_face(picture, face((10, 10, 20, 20), eyes), crop=crop, align=True, margin=0.1), plain
        )
    tilted = face((10, 10, 20, 20), [(15, 15), (25, 20)])
    assert np.array_equal(crop_face(picture, tilted, crop=crop, align=False, margin=0.1), plain)


@pytest.mark.parametrize("choice", [PLAIN, {"crop": True, "align": True, "margin": 0.3}])
def test_an_image_without_a_face_stays_as_it_is(choice):
    picture = noise(9, 7, 3)
    assert np.array_equal(crop_face(picture, None, **choice), picture)


@pytest.mark.parametrize("margin", [-0.01, float("nan"), float("inf")])
@pytest.mark.parametrize("found", [None, face((0, 0, 4, 4))])
def test_an_impossible_margin_is_refused(margin, found):
    with pytest.raises(FerError, match=r"data\.locate\.margin=.*choose 0 or more"):
        crop_face(noise(8, 8), found, crop=True, align=False, margin=margin)


numbers = st.floats(-40, 80, allow_nan=False)


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.booleans(),
    st.tuples(numbers, numbers, st.floats(0, 60), st.floats(0, 60)),
    st.none() | st.tuples(st.tuples(numbers, numbers), st.tuples(numbers, numbers)),
    st.booleans(),
    st.booleans(),
    st.floats(0, 1),
)
def test_what_comes_out_is_a_contiguous_square_of_the_same_kind(size, colour, box, eyes, crop, align, margin):
    picture = noise(*size, *([3] if colour else []))[::-1]
    found = crop_face(picture, face(box, eyes), crop=crop, align=align, margin=margin)
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous
    assert found.shape[2:] == picture.shape[2:]
    side = max(box[2:]) * (1 + 2 * margin)
    if crop:
        assert found.shape[0] == found.shape[1] >= 1
        assert abs(found.shape[0] - max(side, 1)) <= 0.5
    else:
        assert found.shape == picture.shape
    assert picture.min() <= found.min() <= found.max() <= picture.max()


@given(
    st.tuples(st.integers(-20, 40), st.integers(-20, 40), st.integers(1, 30), st.integers(1, 30)),
    st.sampled_from([0, 0.125, 0.5]),
)
def test_a_crop_is_the_same_in_a_picture_widened_by_its_own_border(box, margin):
    picture = noise(24, 31)
    wide = np.pad(picture, 60, mode="edge")
    moved = (box[0] + 60, box[1] + 60, *box[2:])
    choice = {"crop": True, "align": False, "margin": margin}
    assert np.array_equal(crop_face(picture, face(box), **choice), crop_face(wide, face(moved), **choice))
