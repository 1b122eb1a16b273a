from collections import Counter

import numpy as np
import pytest

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.synthetic.action_units import ACTION_UNITS, PROTOTYPES
from fer_lightning.data.synthetic.geometry import LANDMARK_NAMES
from fer_lightning.data.synthetic.read import FAINTEST, NEUTRAL, draw_set, plan, read
from fer_lightning.errors import FerError


@pytest.fixture(scope="module")
def faces():
    return draw_set(images=112, subjects=2, size=48, seed=0)


def test_shapes_and_names(faces):
    assert faces.pixels.shape == (112, 48, 48)
    assert faces.pixels.dtype == np.uint8
    assert faces.class_names == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
    assert faces.extras["action_units"].shape == (112, len(ACTION_UNITS)) == (112, 14)
    assert faces.extras["action_units_sides"].shape == (112, 2, 14)
    assert faces.extras["landmarks"].shape == (112, len(LANDMARK_NAMES), 2) == (112, 68, 2)
    assert faces.extras["landmarks"].dtype == faces.extras["action_units"].dtype == np.float32


def test_pictures_are_neither_blank_nor_alike(faces):
    assert faces.pixels.std(axis=(1, 2)).min() > 8
    assert len({face.tobytes() for face in faces.pixels}) == len(faces)


def test_every_subject_shows_every_class_equally_often(faces):
    for subject in ("S000", "S001"):
        assert np.bincount(faces.label[faces.subject == subject]).tolist() == [7] * 8


@pytest.mark.parametrize(("images", "subjects"), [(8, 2), (96, 6), (97, 5), (500, 100), (7000, 100), (640, 2)])
def test_plan_balances_classes_and_subjects(images, subjects):
    frames = list(plan(images, subjects))
    assert len(frames) == images
    by_class = Counter(f.label for f in frames)
    assert len(by_class) == 8
    assert max(by_class.values()) - min(by_class.values()) <= 1
    by_subject = Counter(f.subject for f in frames)
    assert len(by_subject) == subjects
    assert max(by_subject.values()) - min(by_subject.values()) <= 1


def test_a_full_sequence_rises_from_neutral_to_the_apex():
    sequences = {}
    for f in plan(7000, 100):
        sequences.setdefault((f.subject, f.expression, f.take), []).append(f)
    for frames in sequences.values():
        assert [f.frame for f in frames] == list(range(len(frames)))
        assert frames[0].label == NEUTRAL
        assert frames[0].position == 0
        assert frames[-1].position == 1
        shown = [f.position for f in frames if f.label != NEUTRAL]
        assert shown == sorted(shown)
        assert shown[0] == FAINTEST


def test_frames_share_their_sequence_subject_and_only_neutral_has_no_action_units(faces):
    assert all(sequence.startswith(subject) for sequence, subject in zip(faces.sequence, faces.subject, strict=True))
    still = faces.label == EXPRESSIONS.index("neutral")
    assert np.array_equal(still, faces.extras["sequence_position"] == 0)
    assert np.array_equal(still, ~faces.extras["action_units"].any(axis=1))
    assert np.array_equal(still, faces.frame == 0)


def test_each_image_holds_the_action_units_of_its_expression(faces):
    for label, units in zip(faces.label, faces.extras["action_units"], strict=True):
        prototype = PROTOTYPES[EXPRESSIONS[label]]
        shown = {ACTION_UNITS[i] for i in np.flatnonzero(units)}
        assert set(prototype.always) <= shown <= prototype.units
        assert not prototype.one_of or shown & set(prototype.one_of)
        assert units.max() <= 1


def test_ids_are_unique_and_name_subject_and_class(faces):
    assert len(set(faces.ids)) == len(faces)
    for name, subject, label in zip(faces.ids, faces.subject, faces.label, strict=True):
        assert name.split("/")[:2] == [subject, EXPRESSIONS[label]]


def test_landmarks_lie_in_the_image(faces):
    marks = faces.extras["landmarks"]
    assert marks.min() >= 0
    assert marks.max() <= 47


def test_same_seed_same_faces_and_another_seed_other_faces(faces):
    again = draw_set(images=112, subjects=2, size=48, seed=0)
    assert np.array_equal(faces.pixels, again.pixels)
    for name, column in faces.columns().items():
        assert np.array_equal(column, again.columns()[name]), name
    other = draw_set(images=112, subjects=2, size=48, seed=1)
    assert not np.array_equal(faces.pixels, other.pixels)
    assert faces.fingerprint == again.fingerprint != other.fingerprint


def test_the_cache_returns_what_was_drawn(tmp_path):
    first = read(tmp_path, images=16, subjects=2, size=24)
    made = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.npy")}
    second = read(tmp_path, images=16, subjects=2, size=24)
    assert made == {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*.npy")}
    assert isinstance(second.pixels, np.memmap)
    assert np.array_equal(first.pixels, draw_set(16, 2, 24, 0).pixels)
    assert np.array_equal(first.pixels, second.pixels)
    assert first.fingerprint == second.fingerprint != read(tmp_path, images=17, subjects=2, size=24).fingerprint


@pytest.mark.parametrize(
    ("wrong", "key"),
    [
        ({"images": 7}, "data.faces.images=7"),
        ({"subjects": 1}, "data.faces.subjects=1"),
        ({"images": 8, "subjects": 9}, "data.faces.subjects=9"),
        ({"size": 23}, "data.faces.size=23"),
        ({"seed": -1}, "data.faces.seed=-1"),
    ],
)
def test_an_impossible_choice_names_its_key_and_draws_nothing(tmp_path, wrong, key):
    with pytest.raises(FerError, match=key):
        read(tmp_path, **wrong)
    assert not list(tmp_path.iterdir())
