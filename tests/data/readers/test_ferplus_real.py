"""The published FER+ votes: how many images of each class every mode keeps, and paper B's Table 1."""

from __future__ import annotations

import csv
from collections import Counter

import numpy as np
import pytest

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.readers import fer2013, ferplus, lfw_mixed
from fer_lightning.data.readers.lfw_labels import Background

pytestmark = pytest.mark.real_data

TOTALS = {
    "majority": (25060, 3199, 3153),
    "share": (25373, 3225, 3160),
    "argmax": (28389, 3553, 3546),
    "distribution": (28389, 3553, 3546),
}
# Paper B, Table 1: training and test images
PAPER_B = {
    "angry": (2054, 271),
    "disgust": (107, 15),
    "fear": (510, 78),
    "happy": (7335, 895),
    "neutral": (9030, 1102),
    "sad": (3047, 384),
    "surprise": (3173, 402),
    "contempt": (115, 13),
}


@pytest.fixture(scope="module")
def read(real_data, session_dir):
    return lambda **options: ferplus.read(real_data / "fer2013", session_dir / "cache", **options)


@pytest.mark.parametrize("mode", [*TOTALS, "multi"])
def test_every_mode_keeps_the_published_numbers(read, mode, caplog):
    faces = read(label_mode=mode)
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []
    kept = {split: faces.label[(faces.split == split) & (faces.label >= 0)] for split in fer2013.USAGES}
    if mode in TOTALS:
        assert tuple(len(labels) for labels in kept.values()) == TOTALS[mode]
    counts = {split: np.bincount(labels, minlength=8).tolist() for split, labels in kept.items()}
    official = ferplus.official_counts(faces)
    assert counts == {split: [official[split][name] for name in EXPRESSIONS] for split in counts}


def test_paper_b_has_a_neutral_and_a_sad_image_less(read):
    faces = read(label_mode="share")
    more = {}
    for place, split in enumerate(("Training", "PrivateTest")):
        for name, counts in PAPER_B.items():
            found = int((faces.label[faces.split == split] == EXPRESSIONS.index(name)).sum())
            if found != counts[place]:
                more[split, name] = found - counts[place]
    assert more == {("Training", "neutral"): 1, ("Training", "sad"): 1}


def test_rows_that_bear_the_same_name_have_their_own_votes(read, real_data):
    with (real_data / "fer2013" / "fer2013new.csv").open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    names = [cells[1] for cells in rows]
    repeated = [name for name, count in Counter(names).items() if name and count == 2]
    twice = {name: [row for row, other in enumerate(names) if other == name] for name in repeated}
    assert sorted(row for places in twice.values() for row in places) == [
        *(5274, 5348, 6968, 8423),
        *(11817, 15835, 33200, 34334),
    ]
    faces = read()
    for row in (row for places in twice.values() for row in places):
        assert faces.extras["votes"][row].tolist() == [int(cell) for cell in rows[row][2:]]
    # joined by name, one of these two would get the other's votes: ten for "not a face", five for neutral
    assert faces.label[[34334, 33200]].tolist() == [-1, 6]


def test_two_thirds_of_fer2013s_labels_agree_with_ferplus(real_data, session_dir):
    faces = fer2013.read(real_data / "fer2013", session_dir / "cache")
    theirs = faces.extras["ferplus"]
    known = theirs >= 0
    assert round(float((theirs == faces.label)[known].mean()), 3) == 0.676
    fear = known & (faces.label == 2)
    assert round(float((theirs[fear] == 2).mean()), 3) == 0.139


def test_paper_cs_mix_has_its_numbers_to_the_image(make_faces, real_data, session_dir, monkeypatch):
    sizes = [530, 236, 144] + [3] * 300 + [2] * 800 + [1] * 9823  # 13,233 pictures
    names = np.repeat([f"P{number:05d}" for number in range(len(sizes))], sizes)
    ids = [f"{name}/{name}_{row:05d}.jpg" for row, name in enumerate(names)]
    lfw = make_faces([-1] * len(names), size=1, subject=names, ids=ids, extras={"digest": np.arange(len(names))})
    monkeypatch.setattr(lfw_mixed.lfw, "read", lambda *arguments: lfw)
    faces = lfw_mixed.read(real_data / "fer2013", "lfw", session_dir / "cache", Background())
    plain = np.char.startswith(faces.ids, "fer2013/")
    assert (plain.sum(), (~plain).sum(), len(faces)) == (22883, 13000, 35883)
    assert np.bincount(faces.label[plain]).tolist() == [3269] * 7
    train, test = faces.split == "train", faces.split == "test"
    assert (train.sum(), test.sum()) == (28341, 7542)
    assert np.intersect1d(faces.extras["digest"][train], faces.extras["digest"][test]).size == 0
    assert np.intersect1d(faces.subject[train], faces.subject[test]).size == 0
    # 547 of disgust: 547 * 7542 / 35883 = 114.97 test, 3269 - 115 train; the rest spreads as evenly as can be
    assert np.bincount(faces.label[plain & test]).tolist() == [745, 115, 745, 745, 744, 744, 744]
    assert (~plain & test).sum() == 2960
