"""The step to a model's pixels: light by hand and by OpenCV, then size, then kept in the cache."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.illumination import ILLUMINATIONS, equalize
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError


def test_equalisation_by_hand():
    # counts: 10 thrice, 20 once, 30 twice, 40 twice. The first value goes to 0, and each other to 255 times
    # (the images up to it - 3) / (8 - 3): 1/5, 3/5, 5/5
    image = np.array([[10, 10, 10, 20], [30, 30, 40, 40]], dtype=np.uint8)
    assert equalize(image).tolist() == [[0, 0, 0, 51], [153, 153, 255, 255]]


def test_a_blank_image_stays_as_it_is():
    blank = np.full((4, 4), 77, dtype=np.uint8)
    assert np.array_equal(equalize(blank), blank)


def test_equalisation_is_opencvs():
    faces = np.random.default_rng(0).normal(100, 20, (5, 48, 48)).astype(np.uint8)
    prepared = Prepare(48, 1, "equalize")(faces)
    assert np.array_equal(prepared, np.stack([cv2.equalizeHist(face) for face in faces]))
    assert not np.array_equal(prepared, faces)


def test_light_comes_before_size():
    face = np.random.default_rng(0).integers(50, 90, (1, 48, 48), dtype=np.uint8)
    prepared = Prepare(24, 1, "equalize")(face)[0]
    first_light = cv2.resize(cv2.equalizeHist(face[0]), (24, 24), interpolation=cv2.INTER_AREA)
    first_size = cv2.equalizeHist(cv2.resize(face[0], (24, 24), interpolation=cv2.INTER_AREA))
    assert np.array_equal(prepared, first_light)
    assert not np.array_equal(prepared, first_size)


def test_shrinking_takes_the_mean_over_each_area():
    image = np.array([[[0, 4, 100, 100], [8, 0, 100, 100], [50, 50, 9, 9], [50, 50, 9, 9]]], dtype=np.uint8)
    assert Prepare(2)(image).tolist() == [[[3, 100], [50, 9]]]


def test_enlarging_interpolates_linearly():
    image = np.array([[[0, 100], [0, 100]]], dtype=np.uint8)
    # centres of the four new columns lie at -0.25, 0.25, 0.75 and 1.25 of the old ones
    assert Prepare(4)(image)[0, 0].tolist() == [0, 25, 75, 100]


def test_colour_turns_grey_by_the_usual_weights():
    # 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
    colour = np.full((2, 6, 6, 3), (200, 100, 50), dtype=np.uint8)
    grey = Prepare(6, 1)(colour)
    assert grey.shape == (2, 6, 6)
    assert set(grey.ravel().tolist()) == {124}


def test_three_channels_keep_colour_and_leave_grey_grey(make_faces):
    assert Prepare(6, 3)(make_faces([0], size=12, colour=True).pixels).shape == (1, 6, 6, 3)
    assert Prepare(6, 3)(make_faces([0], size=12).pixels).shape == (1, 6, 6)


def test_nothing_to_do_returns_the_same_faces_and_makes_no_cache(make_faces, tmp_path):
    grey, colour = make_faces([0, 1], size=12), make_faces([0, 1], size=12, colour=True)
    assert Prepare(12).faces(grey, tmp_path) is grey
    assert Prepare(12, 3).faces(grey, tmp_path) is grey
    assert Prepare(12, 3).faces(colour, tmp_path) is colour
    assert list(tmp_path.iterdir()) == []


def test_prepared_faces_are_made_once_and_keep_their_columns(make_faces, tmp_path, monkeypatch):
    faces = make_faces([5, 2], size=12, subject=["ann", "bob"], extras={"votes": np.ones((2, 10))})
    first = Prepare(6).faces(faces, tmp_path)
    assert first.pixels.shape == (2, 6, 6)
    assert np.array_equal(first.pixels, Prepare(6)(faces.pixels))
    assert first.label.tolist() == [5, 2]
    assert first.subject.tolist() == ["ann", "bob"]
    assert first.extras["votes"].shape == (2, 10)
    assert first.fingerprint != faces.fingerprint
    monkeypatch.delattr(Prepare, "one")  # from here on, nothing can be computed
    assert np.array_equal(Prepare(6).faces(faces, tmp_path).pixels, first.pixels)


def test_labels_names_and_people_are_those_of_today_and_not_those_that_were_kept(make_faces, tmp_path):
    before = make_faces([5, 2], ids=["a", "b"], subject=["ann", "bob"])
    after = make_faces([5, 2], ids=["a", "c"], subject=["ann", "cyd"])
    after = replace(after, label=np.array([1, 1]), fingerprint=before.fingerprint)  # the same pixels
    Prepare(6).faces(before, tmp_path)
    prepared = Prepare(6).faces(after, tmp_path)
    assert prepared.label.tolist() == [1, 1]
    assert prepared.ids.tolist() == ["a", "c"]
    assert prepared.subject.tolist() == ["ann", "cyd"]


def test_every_setting_and_every_source_has_its_own_key(make_faces, tmp_path):
    colour = make_faces([0, 1], size=12, colour=True)
    other = make_faces([0, 1], size=12, colour=True, seed=1)
    made = [
        Prepare(6, 1).faces(colour, tmp_path),
        Prepare(7, 1).faces(colour, tmp_path),
        Prepare(6, 3).faces(colour, tmp_path),
        Prepare(6, 1, "equalize").faces(colour, tmp_path),
        Prepare(6, 1).faces(other, tmp_path),
    ]
    assert len({faces.fingerprint for faces in made}) == 5
    assert not np.array_equal(made[0].pixels, made[4].pixels)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 0}, r"preprocess\.size=0: choose a side of at least 1 pixel"),
        ({"size": 48, "channels": 2}, r"preprocess\.channels=2: choose 1 \(grey\) or 3 \(RGB\)"),
        ({"size": 48, "illumination": "equalise"}, r"preprocess\.illumination=equalise .*: choose .*mean equalize"),
    ],
)
def test_impossible_settings_are_refused(wrong, message):
    with pytest.raises(FerError, match=message):
        Prepare(**wrong)


@pytest.mark.parametrize("illumination", [name for name in ILLUMINATIONS if name != "none"])
def test_light_of_colour_faces_is_refused(make_faces, tmp_path, illumination):
    faces = make_faces([0], colour=True)
    with pytest.raises(FerError, match=rf"illumination={illumination} .*needs grey faces, model\.input\.channels=1"):
        Prepare(12, 3, illumination).faces(faces, tmp_path)


def test_a_net_that_cannot_take_what_is_prepared_is_refused():
    Prepare(48, 1).check(InputSpec(48, 3))
    Prepare(52, 3).check(InputSpec(48, 3))
    with pytest.raises(FerError, match=r"model\.input\.size=48 is a crop larger than the image, preprocess\.size=40"):
        Prepare(40).check(InputSpec(48))
    with pytest.raises(FerError, match=r"preprocess\.channels=3 keeps colour, but model\.input\.channels=1"):
        Prepare(48, 3).check(InputSpec(48, 1))
