"""Counts that differ from the published ones are one short warning."""

from __future__ import annotations

import pytest

from fer_lightning.data.readers import ckplus, fer2013, jaffe, lfw, lfw_mixed, mnist
from fer_lightning.data.readers.checks import count_images, warn_unless_official
from fer_lightning.data.readers.folder import FolderReader
from fer_lightning.data.readers.lfw_labels import Background
from fer_lightning.errors import FerError

LABELS = [0, 0, 1, 6, 2, 2]
SPLIT = ["Training", "Training", "Training", "Training", "PublicTest", "PrivateTest"]
RIGHT = {
    "Training": (2, 1, 0, 0, 0, 0, 1),
    "PublicTest": (0, 0, 1, 0, 0, 0, 0),
    "PrivateTest": (0, 0, 1, 0, 0, 0, 0),
}


@pytest.fixture(autouse=True)
def loud(hushed, caplog):
    caplog.set_level("INFO", logger="fer_lightning.data.readers.checks")


def test_counts_by_hand(make_faces):
    assert count_images(make_faces(LABELS, split=SPLIT)) == {split: list(counts) for split, counts in RIGHT.items()}


def test_right_counts_say_nothing(make_faces, caplog):
    warn_unless_official(make_faces(LABELS, split=SPLIT), RIGHT)
    assert caplog.messages == []


def test_wrong_counts_are_one_warning_with_both_numbers(make_faces, caplog):
    warn_unless_official(make_faces(LABELS, split=SPLIT), RIGHT | {"Training": (3, 1, 0, 0, 0, 0, 0)})
    assert caplog.messages == [
        "image counts differ from the published ones: Training/angry 2 (published 3), Training/neutral 1 (published 0)"
    ]


def test_a_split_that_is_absent_counts_as_zero(make_faces, caplog):
    warn_unless_official(make_faces(LABELS[:4], split=SPLIT[:4]), RIGHT)
    assert "PublicTest/fear 0 (published 1), PrivateTest/fear 0 (published 1)" in caplog.text


def test_many_differences_are_cut_to_four(make_faces, caplog):
    warn_unless_official(make_faces(LABELS, split=SPLIT), fer2013.OFFICIAL_COUNTS)
    (message,) = caplog.messages
    assert message.count("published ") == 1 + 4
    assert message.endswith("and 17 more")
    assert len(message) < 300


def test_the_published_counts_add_up():
    totals = {split: sum(counts) for split, counts in fer2013.OFFICIAL_COUNTS.items()}
    assert totals == {"Training": 28709, "PublicTest": 3589, "PrivateTest": 3589}
    # the task's own table: disgust is the rarest class, and always answering happy is right in 24.5 % of PrivateTest
    assert fer2013.OFFICIAL_COUNTS["PrivateTest"] == (491, 55, 528, 879, 594, 416, 626)


def test_the_reader_warns_once_a_reading(tmp_path, table, caplog, monkeypatch):
    (tmp_path / "fer2013.csv").write_text(table)
    for _ in range(2):  # also when it comes out of the cache
        caplog.clear()
        fer2013.read(tmp_path, tmp_path / "cache")
        assert len([record for record in caplog.records if record.levelname == "WARNING"]) == 1
    right = {
        "Training": (0, 0, 0, 1, 0, 0, 1),
        "PublicTest": (0, 1, 0, 0, 0, 0, 0),
        "PrivateTest": (1, 0, 0, 0, 0, 0, 0),
    }
    monkeypatch.setattr(fer2013, "OFFICIAL_COUNTS", right)
    caplog.clear()
    fer2013.read(tmp_path, tmp_path / "cache")
    assert caplog.messages == []


def test_a_set_without_splits_is_counted_as_one_and_images_without_a_label_are_not(make_faces):
    assert count_images(make_faces([0, 0, -1, 6])) == {"all": [2, 0, 0, 0, 0, 0, 1]}


@pytest.mark.parametrize("columns", [{}, {"split": SPLIT}], ids=["without splits", "with splits"])
def test_published_counts_of_the_whole_are_compared_with_the_whole(make_faces, caplog, columns):
    faces = make_faces(LABELS, **columns)
    warn_unless_official(faces, {"all": (2, 1, 2, 0, 0, 0, 1)})
    assert caplog.messages == []
    warn_unless_official(faces, {"all": (2, 1, 3, 0, 0, 0, 1)})
    assert caplog.messages == ["image counts differ from the published ones: all/fear 2 (published 3)"]


def test_published_counts_are_named_for_the_audit(make_faces):
    counts = fer2013.official_counts(make_faces(LABELS, split=SPLIT))
    assert list(counts) == ["Training", "PublicTest", "PrivateTest"]
    assert counts["PrivateTest"]["disgust"] == 55
    assert sum(sum(of_class.values()) for of_class in counts.values()) == 35887


READERS = {
    "fer2013": fer2013.read,
    "ckplus": ckplus.read,
    "jaffe": jaffe.read,
    "lfw": lfw.read,
    "mnist": mnist.read,
    "folder": lambda place, cache_dir: FolderReader(place)(cache_dir),
}


@pytest.mark.parametrize("name", READERS)
def test_a_file_is_said_to_be_one(tmp_path, name):
    (tmp_path / "set.zip").touch()
    with pytest.raises(FerError) as refused:
        READERS[name](tmp_path / "set.zip", tmp_path / "cache")
    place = f"{tmp_path}/set.zip: this is a file; data.faces.dir names the folder that holds it, here {tmp_path}"
    assert str(refused.value) == place


@pytest.mark.parametrize("name", READERS)
def test_an_empty_folder_says_where_the_data_belong(tmp_path, name):
    (tmp_path / "mine").mkdir()
    with pytest.raises(FerError) as refused:
        READERS[name](tmp_path / "mine", tmp_path / "cache")
    belongs = "<name of the data set>" if name == "folder" else name
    assert f"FER_DATA=DIR makes it DIR/{belongs}/; data.faces.dir=DIR names the place itself" in str(refused.value)


def test_a_mix_names_its_two_keys(tmp_path, tiny_fer2013):
    (tmp_path / "set.zip").touch()
    ways_out = {"no": "=DIR names the place itself", "set.zip": " names the folder that holds it"}
    for place, way_out in ways_out.items():
        absent = tmp_path / place
        for fer, key in ((absent, "fer_dir"), (tiny_fer2013, "lfw_dir")):
            with pytest.raises(FerError, match=rf"data\.faces\.{key}{way_out}"):
                lfw_mixed.read(fer, absent, tmp_path / "cache", Background())
