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


def test_taken_rows_come_in_their_order_and_repeat_with_all_that_is_known(make_faces):
    votes = np.arange(6).reshape(3, 2)
    faces = make_faces([3, 4, 5], subject=["a", "b", "c"], frame=[0, 1, 2], extras={"votes": votes})
    taken = faces.take(np.array([2, 0, 2]), "some")
    assert len(taken) == 3
    assert taken.label.tolist() == [5, 3, 5]
    assert taken.ids.tolist() == ["00002", "00000", "00002"]
    assert taken.subject.tolist() == ["c", "a", "c"]
    assert taken.frame.tolist() == [2, 0, 2]
    assert taken.split is None
    assert taken.extras["votes"].tolist() == [[4, 5], [0, 1], [4, 5]]
    assert taken.fingerprint == "some"
    assert taken.class_names == faces.class_names
    assert all(np.array_equal(image, faces.pixels[row]) for image, row in zip(taken.pixels, [2, 0, 2], strict=True))


def test_no_rows_are_an_empty_set(make_faces):
    assert len(make_faces([3, 4]).take(np.array([], dtype=np.int64), "none")) == 0


def test_pixels_that_are_not_prepared_are_no_array(make_faces):
    faces = make_faces([3, 4])
    assert faces.array is faces.pixels
    with pytest.raises(AssertionError, match="prepare the faces first"):
        _ = faces.take(np.array([0]), "some").array
