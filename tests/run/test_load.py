"""A loaded model answers for each image that it is given, in whatever form, and refuses what is no image."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image

import fer_lightning
from fer_lightning.errors import FerError


@pytest.fixture(scope="module")
def recognizer(tiny_checkpoint):
    return fer_lightning.load(tiny_checkpoint)


@pytest.fixture(scope="module")
def drawn():
    return np.random.default_rng(3).integers(0, 256, (4, 48, 48, 3), dtype=np.uint8)


def test_one_rgb_face_is_one_face(recognizer, drawn):
    one = recognizer.probabilities(drawn[0])
    assert one.shape == (1, len(recognizer.class_names))
    np.testing.assert_allclose(one, recognizer.probabilities(drawn)[:1], atol=1e-6)
    assert recognizer.predict(drawn[0]) == recognizer.predict(drawn)[:1]


def test_one_grey_face_is_one_face_and_48_rows_of_them_are_48(recognizer):
    grey = np.random.default_rng(4).integers(0, 256, (48, 48, 48), dtype=np.uint8)
    assert len(recognizer.predict(grey[0])) == 1
    assert len(recognizer.predict(grey)) == 48


def test_arrays_pil_images_and_paths_of_a_face_give_the_same(recognizer, drawn, tmp_path):
    Image.fromarray(drawn[0]).save(tmp_path / "face.png")
    forms = [drawn[0], Image.fromarray(drawn[0]), tmp_path / "face.png", str(tmp_path / "face.png")]
    expected = recognizer.probabilities(drawn[:1])
    for form in forms:
        np.testing.assert_allclose(recognizer.probabilities(form), expected, atol=1e-6)
    for several in (forms, tuple(forms), iter(forms)):
        np.testing.assert_allclose(recognizer.probabilities(several), np.repeat(expected, 4, axis=0), atol=1e-6)


def test_a_list_may_mix_sizes_and_colours(recognizer, drawn):
    mixed = [drawn[0], drawn[1][:30, :40, 0], drawn[2][:31], drawn[3][::-1, :, ::-1]]  # views that are not contiguous
    each = [recognizer.probabilities(face) for face in mixed]
    np.testing.assert_allclose(recognizer.probabilities(mixed), np.concatenate(each), atol=1e-6)


def test_more_faces_than_fit_at_once_keep_their_order(recognizer, drawn, monkeypatch):
    expected = recognizer.probabilities(drawn)
    monkeypatch.setattr("fer_lightning.run.load.CHUNK", 3)
    np.testing.assert_allclose(recognizer.probabilities(drawn), expected, atol=1e-6)


def test_transparency_of_a_picture_lies_over_white(recognizer):
    clear = Image.new("RGBA", (48, 48), (0, 0, 0, 0))
    white = recognizer.probabilities(np.full((48, 48, 3), 255, dtype=np.uint8))
    np.testing.assert_allclose(recognizer.probabilities(clear), white, atol=1e-6)


FACE = np.zeros((48, 48, 3), dtype=np.uint8)


@pytest.mark.parametrize(
    ("faces", "says"),
    [
        (np.zeros((2, 48, 48)), r"faces: float64 of shape \(2, 48, 48\); give uint8"),
        (np.zeros((48, 48), dtype=np.float32), r"faces: float32 of shape \(48, 48\); give"),
        (np.zeros((48, 48, 4), dtype=np.uint8), r"faces: uint8 of shape \(48, 48, 4\); give"),
        (np.zeros((48, 48, 1), dtype=np.uint8), r"faces: uint8 of shape \(48, 48, 1\); give"),
        (np.zeros((2, 48, 48, 4), dtype=np.uint8), r"faces: uint8 of shape \(2, 48, 48, 4\); give"),
        (np.zeros((1, 2, 48, 48, 3), dtype=np.uint8), r"faces: uint8 of shape \(1, 2, 48, 48, 3\); give"),
        (np.zeros(48, dtype=np.uint8), r"faces: uint8 of shape \(48,\); give"),
        (np.zeros((0, 48, 48), dtype=np.uint8), r"faces: empty uint8 of shape \(0, 48, 48\); give"),
        (np.zeros((2, 0, 48), dtype=np.uint8), r"faces: uint8 of shape \(2, 0, 48\); give"),
        (np.array([FACE, FACE[:3]], dtype=object), r"faces: object of shape \(2,\); give"),
        ([], r"faces: empty of type list; give"),
        (None, r"faces: of type NoneType; give"),
        (7, r"faces: of type int; give"),
        ([FACE, FACE / 255], r"faces\[1\]: float64 of shape \(48, 48, 3\); give"),
        ([FACE, np.stack([FACE, FACE])], r"faces\[1\]: uint8 of shape \(2, 48, 48, 3\); give"),
        ([FACE, 3], r"faces\[1\]: of type int; give"),
        (Image.new("F", (8, 8)), r"faces\[0\]: its pixels are floating-point"),
        ("nowhere.png", r"nowhere\.png: this is no image that can be read"),
        ("~nosuchuser/face.png", r"~nosuchuser/face\.png: this is no image that can be read"),
        ("/", r"/: this is no image .*\(it is no regular file\)"),
        ("/dev/null", r"/dev/null: this is no image .*\(it is no regular file\)"),
    ],
    ids=lambda value: re.sub(" at 0x.*", "", str(value)),
)
def test_what_is_no_face_ends_in_one_message(recognizer, faces, says):
    with pytest.raises(FerError, match=says):
        recognizer.predict(faces)


def test_a_picture_that_is_cut_off(recognizer, tmp_path):
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)).save(tmp_path / "face.png")
    (tmp_path / "face.png").write_bytes((tmp_path / "face.png").read_bytes()[:900])
    with Image.open(tmp_path / "face.png") as opened, pytest.raises(FerError, match=r"faces\[1\]: .*cut off"):
        recognizer.predict([FACE, opened])
