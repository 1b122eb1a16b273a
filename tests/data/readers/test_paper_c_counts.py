"""Paper C's mix under its three labellings: every count worked out by hand on one drawn FER2013 and one drawn LFW."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from fer_lightning.data.folds import group_inseparable
from fer_lightning.run.build import build_data
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.pseudo_labels import PseudoLabels
from tests.layouts.fer2013 import FER2013_CLASSES, write_fer2013
from tests.layouts.lfw import write_lfw

FACES = [20, 6, 20, 20, 20, 20, 20]  # of FER2013 a class, in the order of FER2013_CLASSES; 12 of each are wanted
PEOPLE = [3] * 4 + [1] * 18  # pictures of each: 30
SURE = 24  # of them by the net that labels

# 24 of 84 + 30 images test: 6 * 24 / 114 = 1.26 of disgust, so 1; 23 are left over 6 * 12 + 30 = 102, 2.71 a class and
# 6.76 of LFW; of the five that rounding down leaves, LFW has the first, then the classes in their order
FER_TEST, LFW_TEST = [3, 1, 3, 3, 3, 2, 2], 7
# with 24 of LFW: 6 * 24 / 108 = 1.33, so 1; 23 over 96 are 2.875 a class and 5.75 of LFW; six are left, a class each
FER_TEST_SURE, LFW_TEST_SURE = [3, 1, 3, 3, 3, 3, 3], 5


@pytest.fixture(scope="module")
def places(make_faces, tmp_path_factory):
    """The folder that FER_DATA would name."""
    folder = tmp_path_factory.mktemp("paper_c")
    write_fer2013(make_faces(np.repeat(np.arange(7), FACES).tolist(), size=48), folder / "fer2013", "fer2013.csv")
    names = np.repeat([f"{number:02d}" for number in range(len(PEOPLE))], PEOPLE)
    write_lfw(make_faces([3] * len(names), size=20, seed=1, subject=names), folder, "lfw")
    return folder


@pytest.fixture
def mixed(places, tmp_path):
    """A function that reads an option of conf/data; gives the faces, their labels and the rows of each side."""

    def read(option, lfw_images, *overrides):
        numbers = ["data.faces.per_class=12", f"data.faces.lfw_images={lfw_images}", "data.faces.test_images=24"]
        job = compose_job([f"data={option}", f"paths.data_dir={places}", *numbers, *overrides], tmp_path / "run")
        datamodule = build_data(job.config["data"], job.config)
        faces = datamodule.read_faces()
        return faces, *datamodule.split(faces)

    return read


def counts(faces, labels, protocol):
    """Images of each class: of FER2013 that train or validate, that test, and the same two of LFW."""
    of_lfw = np.char.startswith(faces.ids, "lfw/")
    sides = (np.concatenate([protocol.train, protocol.val]), protocol.test)
    return [np.bincount(labels[rows[of_lfw[rows] == own]], minlength=7) for own in (False, True) for rows in sides]


def assert_disjoint(faces, protocol):
    """Nothing that belongs together stands on two sides: people, copies, repetitions, faces and their scenes."""
    sides = [set(rows.tolist()) for rows in protocol.splits().values()]
    assert sum(map(len, sides)) == len(set().union(*sides)) == len(faces)
    names = [name.split("/") for name in faces.ids]
    people = np.array([parts[1] if parts[0] == "lfw" else "" for parts in names])
    for group in (group_inseparable(faces), faces.extras["digest"], faces.subject, people):
        found = [set(group[rows].tolist()) - {""} for rows in protocol.splits().values()]
        assert sum(map(len, found)) == len(set().union(*found))


@pytest.mark.parametrize("seed", range(3))
def test_faces_pasted_into_scenes(mixed, seed):
    faces, labels, protocol = mixed("lfw_mixed", 30, f"data.faces.seed={seed}")
    own_train, own_test, lfw_train, lfw_test = counts(faces, labels, protocol)
    assert own_test.tolist() == FER_TEST
    assert (own_train + own_test).tolist() == [12] * 7
    # 7 scenes test, one of each class. 23 train: even shares are 3.3, the two classes with most faces take a fourth;
    # surprise and neutral have 20 - 3 faces there, round(20 * 2 / 12) being 3, and the others 20 - 5
    assert lfw_test.tolist() == [1] * 7
    assert lfw_train.tolist() == [3, 3, 3, 3, 3, 4, 4]
    assert len(faces) == 7 * 12 + 30
    assert_disjoint(faces, protocol)


@pytest.mark.parametrize("seed", range(3))
def test_faces_that_the_mix_holds_too_hide_people_of_one_picture(mixed, seed):
    faces, _, _ = mixed("lfw_mixed", 30, f"data.faces.seed={seed}")
    alone = {name.split("@")[0] for name in faces.ids if "lfw/" not in name}
    pasted = [name.split("+") for name in faces.ids if "lfw/" in name]
    people = [scene.split("/")[1] for scene, face in pasted if face in alone]
    # all six of disgust stand in the mix, and four of them over a scene; of the other classes enough faces do not
    assert len(people) == 3 + 1
    numbers = [int(name.split("_")[-1]) for name in people]
    assert all(PEOPLE[number] == 1 for number in numbers)


@pytest.mark.parametrize("seed", range(3))
def test_labels_from_a_file(mixed, places, tmp_path, seed):
    pictures = sorted(path.name for path in (places / "lfw").glob("*/*.jpg"))
    words = ["happy"] * 12 + ["neutral"] * 10 + ["sad"] * 8
    with (tmp_path / "labels.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([("path", "label"), *zip(pictures, words, strict=True)])
    path = f"data.faces.labels.path={tmp_path / 'labels.csv'}"
    faces, labels, protocol = mixed("lfw_mixed_csv", 30, path, f"data.faces.seed={seed}")
    own_train, own_test, lfw_train, lfw_test = counts(faces, labels, protocol)
    assert own_test.tolist() == FER_TEST
    assert (own_train + own_test).tolist() == [12] * 7
    assert (lfw_train.sum(), lfw_test.sum()) == (30 - LFW_TEST, LFW_TEST)
    assert (lfw_train + lfw_test).tolist() == [0, 0, 0, 12, 8, 0, 10]
    assert_disjoint(faces, protocol)


@pytest.mark.parametrize("seed", range(3))
def test_labels_of_a_net_where_it_is_sure(mixed, tmp_path, monkeypatch, seed):
    def answers(labeller, lfw):
        row = np.arange(len(lfw))
        return row % 7, np.where(row < SURE, 0.95, 0.5).astype(np.float32), FER2013_CLASSES

    monkeypatch.setattr(PseudoLabels, "__call__", answers)
    (tmp_path / "best.ckpt").touch()
    checkpoint = f"data.faces.labels.labeller.checkpoint={tmp_path / 'best.ckpt'}"
    faces, labels, protocol = mixed("lfw_mixed_pseudo", SURE, checkpoint, f"data.faces.seed={seed}")
    own_train, own_test, lfw_train, lfw_test = counts(faces, labels, protocol)
    assert own_test.tolist() == FER_TEST_SURE
    assert (own_train + own_test).tolist() == [12] * 7
    assert (lfw_train.sum(), lfw_test.sum()) == (SURE - LFW_TEST_SURE, LFW_TEST_SURE)
    # 24 answers in turn are three rounds of seven and three more
    assert (lfw_train + lfw_test).tolist() == [4, 4, 4, 3, 3, 3, 3]
    assert_disjoint(faces, protocol)
