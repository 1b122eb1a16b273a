"""A FaceSet is columns of one length."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fer_lightning.errors import FerError


def test_length_is_the_number_of_images(make_faces):
    assert len(make_faces([0, 1, 2, 3])) == 4


@pytest.mark.parametrize("name", ["label", "ids", "subject", "sequence", "frame", "split"])
def test_a_column_of_another_length_is_refused(make_faces, name):
    column = {name: np.array([1, 2]) if name in ("label", "frame") else np.array(["a", "b"])}
    with pytest.raises(FerError, match=f"column '{name}' has 2 rows for 3 images"):
        make_faces([0, 1, 2], **column)


def test_an_extra_column_of_another_length_is_refused(make_faces):
    with pytest.raises(FerError, match=r"column 'extras\.votes' has 4 rows for 3 images"):
        make_faces([0, 1, 2], extras={"votes": np.zeros((4, 10))})


def test_columns_name_what_is_known_and_leave_out_the_pixels(make_faces):
    faces = make_faces([0, 1], subject=["a", "b"], extras={"votes": np.zeros((2, 10))})
    assert set(faces.columns()) == {"label", "ids", "subject", "extras.votes"}
    assert faces.columns()["subject"].tolist() == ["a", "b"]


def test_with_pixels_changes_pixels_and_fingerprint_only(make_faces):
    faces = make_faces([3, 4], split=["Training", "PrivateTest"])
    smaller = faces.with_pixels(np.ones((2, 4, 4), dtype=np.uint8), "other")
    assert smaller.pixels.shape == (2, 4, 4)
    assert smaller.fingerprint == "other"
    assert smaller.label.tolist() == [3, 4]
    assert smaller.split.tolist() == ["Training", "PrivateTest"]
    assert faces.pixels.shape == (2, 12, 12)


def test_with_pixels_of_other_images_is_refused(make_faces):
    with pytest.raises(FerError, match="rows for 3 images"):
        make_faces([3, 4]).with_pixels(np.ones((3, 4, 4), dtype=np.uint8), "other")


def test_a_face_set_cannot_be_changed(make_faces):
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_faces([0]).fingerprint = "x"
