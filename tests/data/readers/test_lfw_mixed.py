"""The mix of FER2013 and LFW has its numbers to the image, and nothing stands on both sides."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_lightning.data.folds import group_inseparable
from fer_lightning.data.protocols import Request, apply_protocol
from fer_lightning.data.readers import lfw_mixed
from fer_lightning.data.readers.lfw_labels import Background
from fer_lightning.data.readers.lfw_mixed import ConcatImages, draw_mix, link_groups, spread_test_images
from fer_lightning.errors import FerError
from tests.layouts.fer2013 import write_fer2013

TINY = {"per_class": 12, "lfw_images": 20, "test_images": 22}
PEOPLE = [5, 4, 3, 2, 2, *[1] * 10]  # 26 pictures


@pytest.fixture(scope="module")
def fer(make_faces):
    """20 images a class, 6 of disgust; rows 0 and 1 are copies, rows 2 and 30 are copies with different labels."""
    labels = np.repeat(np.arange(7), [20, 6, 20, 20, 20, 20, 20])
    faces = make_faces(labels, size=48, split=["Training"] * len(labels))
    faces.pixels[1], faces.pixels[30] = faces.pixels[0], faces.pixels[2]
    return faces


@pytest.fixture(scope="module")
def lfw(make_faces):
    names = np.repeat([f"Person_{number:02d}" for number in range(len(PEOPLE))], PEOPLE)
    ids = [f"{name}/{name}_{row:04d}.jpg" for row, name in enumerate(names)]
    digest = np.arange(len(names))
    digest[20] = digest[21]  # two people, one picture
    return make_faces([-1] * len(names), size=25, colour=True, subject=names, ids=ids, extras={"digest": digest})


@pytest.fixture
def read(fer, lfw, tmp_path, monkeypatch):
    monkeypatch.setattr(lfw_mixed.fer2013, "parse", lambda *places: fer)
    monkeypatch.setattr(lfw_mixed.lfw, "read", lambda *places: lfw)
    labels = Background()
    return lambda **options: lfw_mixed.read("fer2013", "lfw", tmp_path, **({"labels": labels} | TINY | options))


def people_of(faces):
    """(N,) the person of each LFW picture; "" for FER2013."""
    return np.array([name.split("/")[1] if name.startswith("lfw/") else "" for name in faces.ids])


def test_every_number_by_hand(read):
    faces = read()
    plain = people_of(faces) == ""
    assert (plain.sum(), (~plain).sum()) == (7 * 12, 20)
    assert np.bincount(faces.label[plain]).tolist() == [12] * 7
    # 22 of 104 test: 6 * 22 / 104 = 1.27 of disgust, then 21 over 6 * 12 + 20 = 92: 2.74 a class, 4.57 of LFW
    test = faces.split == "test"
    assert np.bincount(faces.label[plain & test]).tolist() == [3, 1, 3, 3, 3, 3, 2]
    assert ((~plain) & test).sum() == 4
    assert set(faces.split) == {"train", "test"}
    assert faces.class_names == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.mark.parametrize("seed", range(8))
def test_no_copy_and_no_person_crosses(read, lfw, seed):
    faces = read(seed=seed)
    train, test = faces.split == "train", faces.split == "test"
    for column in (faces.extras["digest"], faces.subject, group_inseparable(faces)):
        assert np.intersect1d(column[train], column[test]).size == 0
    link_groups = dict(zip(lfw.subject, group_inseparable(lfw), strict=True))
    people = np.array([link_groups.get(name, -1) for name in people_of(faces)])
    assert np.intersect1d(people[train & (people >= 0)], people[test]).size == 0


def test_the_digest_knows_copies_and_repetitions_and_nothing_else(read):
    faces = read(per_class=20, test_images=40)
    groups = {}
    for number, image in zip(faces.extras["digest"], faces.pixels, strict=True):
        groups.setdefault((image.shape, image.tobytes()), set()).add(number)
    assert all(len(numbers) == 1 for numbers in groups.values())
    assert len(groups) == len(np.unique(faces.extras["digest"]))
    assert faces.extras["digest"][0] == faces.extras["digest"][1]
    assert faces.subject[1] == "fer2013/00000"


@pytest.mark.parametrize("seed", range(4))
def test_only_training_images_of_the_small_class_repeat(read, fer, seed):
    faces = read(seed=seed)
    repeated = np.array(["@" in name for name in faces.ids])
    assert len(np.unique(faces.ids)) == len(faces)
    assert repeated.sum() == 12 - 6
    assert set(faces.label[repeated]) == {1}
    assert set(faces.split[repeated]) == {"train"}
    # all six of disgust are there, the five that train at least once
    disgust = [
        name.split("@")[0] for name in faces.ids[people_of(faces) == ""][faces.label[people_of(faces) == ""] == 1]
    ]
    assert set(disgust) == {f"fer2013/{name}" for name in fer.ids[fer.label == 1]}


def test_pixels_and_labels_belong_to_the_ids(read, fer):
    faces = read()
    row = {f"fer2013/{name}": number for number, name in enumerate(fer.ids)}
    for place, name in enumerate(faces.ids):
        if name.startswith("fer2013/"):
            own = row[name.split("@")[0]]
            assert np.array_equal(faces.pixels[place], fer.pixels[own])
            assert faces.label[place] == fer.label[own]
    assert faces.pixels[-1].shape == (25, 25)


def test_the_same_seed_mixes_the_same_and_another_seed_otherwise(read):
    first, again, other = read(), read(), read(seed=1)
    assert first.fingerprint == again.fingerprint != other.fingerprint
    for name, column in first.columns().items():
        assert np.array_equal(column, again.columns()[name])
    assert all(np.array_equal(a, b) for a, b in zip(first.pixels, again.pixels, strict=True))
    assert set(first.ids) != set(other.ids)


def test_paper_cs_protocol_validates_on_a_part_of_the_training_side(read):
    faces = read()
    protocol = apply_protocol(faces, "paper_c", Request())
    assert sorted(protocol.test.tolist()) == np.flatnonzero(faces.split == "test").tolist()
    digest = faces.extras["digest"]
    assert len(protocol.val) > 0
    assert np.intersect1d(digest[protocol.val], digest[protocol.train]).size == 0


REFUSED = {
    "lfw_images": ({"lfw_images": 27}, r"lfw: 26 pictures, and data\.faces\.lfw_images=27; choose fewer"),
    "no test": ({"test_images": 3}, r"data\.faces\.test_images=3 of 104 images cannot be spread"),
    "all test": ({"test_images": 104}, r"data\.faces\.test_images=104 of 104"),
    "per_class": ({"per_class": 1}, r"per_class=1 and lfw_images=20; choose at least 2"),
    "too large classes": (
        {"per_class": 300, "test_images": 440},
        r"data\.faces\.test_images=440 .*smaller data\.faces\.per",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_numbers_that_cannot_be_had_are_refused(read, case):
    options, message = REFUSED[case]
    with pytest.raises(FerError, match=message):
        read(**options)


def test_people_who_are_too_many_to_stay_whole_are_told():
    kinds, groups = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([0, 1, 2, 3, 4, 4, 4, 4])
    with pytest.raises(
        FerError, match=r"test split has 0 images of LFW, 1 are wanted; choose another data\.faces\.seed"
    ):
        draw_mix(kinds, groups, np.array([4, 4]), ["happy", "LFW"], 2, seed=0)
    with pytest.raises(FerError, match="0 images of sad, and one must train and one must test"):
        draw_mix(kinds, groups, np.array([4, 4, 2]), ["happy", "LFW", "sad"], 2, seed=0)


def test_the_papers_spread_by_hand():
    available = np.array([4953, 547, 5121, 8989, 6077, 4002, 6198, 13233])
    wanted = np.array([3269] * 7 + [13000])
    # disgust 547 * 7542 / 35883 = 114.97; 7,427 over 32,614: 744.43 a class, 2960.41 of LFW; three are left over
    assert spread_test_images(available, wanted, 7542).tolist() == [745, 115, 745, 745, 744, 744, 744, 2960]


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(8, 30), min_size=2, max_size=4),
    per_class=st.integers(6, 12),
    share=st.floats(0.25, 0.6),
    copies=st.lists(st.tuples(st.integers(0, 149), st.integers(0, 149)), max_size=6),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_pool_is_drawn_exactly(sizes, per_class, share, copies, seed):
    sizes = [*sizes, 60]  # LFW is never too small
    kinds = np.repeat(np.arange(len(sizes)), sizes)
    groups = np.arange(len(kinds))
    for first, second in copies:
        groups[first % len(kinds)] = groups[second % len(kinds)]
    groups = np.unique(groups, return_inverse=True)[1]
    wanted = np.array([per_class] * (len(sizes) - 1) + [40])
    test_images = round(share * wanted.sum())
    drawn = draw_mix(kinds, groups, wanted, [str(size) for size in sizes], test_images, seed)
    assert len(drawn.test) == len(np.unique(drawn.test)) == test_images
    assert np.array_equal(np.bincount(kinds[drawn.test]) + np.bincount(kinds[drawn.train]), wanted)
    assert np.intersect1d(groups[drawn.test], groups[drawn.train]).size == 0
    assert drawn.test_side[drawn.test].all()
    assert not drawn.test_side[drawn.train].any()
    for kind, size in enumerate(sizes):
        rows = drawn.train[kinds[drawn.train] == kind]
        assert (len(np.unique(rows)) < len(rows)) == (size < wanted[kind])


def test_joined_sequences_are_one_sequence(make_faces):
    first, second = make_faces([0, 1], size=3).pixels, make_faces([0, 1, 2], size=5).pixels
    joined = ConcatImages(first, second)
    assert [image.shape[0] for image in joined] == [3, 3, 5, 5, 5]
    assert np.array_equal(joined[-1], second[2])
    assert np.array_equal(joined[2], second[0])
    with pytest.raises(IndexError):
        joined[5]


def test_from_the_files_on_disk(tmp_path, make_faces):
    write_fer2013(make_faces(list(range(7)) * 10, size=48), tmp_path / "fer2013", "fer2013.csv")
    for number in range(12):
        folder = tmp_path / "lfw" / f"Person_{number:02d}"
        folder.mkdir(parents=True)
        scene = np.full((250, 250, 3), 20 * number, dtype=np.uint8)
        cv2.imwrite(str(folder / f"{folder.name}_0001.jpg"), scene)
    faces = lfw_mixed.read(
        *(tmp_path / "fer2013", tmp_path / "lfw", tmp_path / "cache", Background()),
        per_class=5,
        lfw_images=10,
        test_images=16,
    )
    assert len(faces) == 45
    scene = faces.pixels[44]
    assert scene.shape == (250, 250)
    number = int(faces.ids[44].split("/")[1].split("_")[1])
    assert abs(int(scene[0, 0]) - 20 * number) <= 1


def test_names_that_hang_together_become_one():
    first, second = np.array(["f1", "f2", "f3", "f4"]), np.array(["p1", "p1", "p2", "f4"])
    assert link_groups(first, second).tolist() == ["f1", "f1", "f3", "f4"]
