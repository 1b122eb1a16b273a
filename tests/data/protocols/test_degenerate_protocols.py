"""test_only trains nobody; train_is_test says aloud that it measures memory."""

from __future__ import annotations

from fer_lightning.data.protocols import Request, apply_protocol


def test_every_labelled_image_tests_and_none_trains(make_faces):
    faces = make_faces([0, -1, 2, 3], subject=["a", "a", "a", ""])
    protocol = apply_protocol(faces, "test_only", Request())
    assert [rows.tolist() for rows in protocol.splits().values()] == [[], [], [0, 2, 3]]
    assert all(rows.dtype.kind == "i" for rows in protocol.splits().values())


def test_one_image_is_enough_to_test_on(make_faces):
    assert apply_protocol(make_faces([5]), "test_only", Request()).test.tolist() == [0]


def test_all_sides_are_all_labelled_images_and_a_warning_says_what_that_measures(make_faces, caplog):
    protocol = apply_protocol(make_faces([0, -1, 2, 3]), "train_is_test", Request())
    assert [rows.tolist() for rows in protocol.splits().values()] == [[0, 2, 3]] * 3
    assert caplog.messages == ["train_is_test: all 3 images train and test: this measures memory, not recognition"]
