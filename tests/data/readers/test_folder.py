"""Folders of images by depth, by pattern and by manifest: who is what on which side."""

from __future__ import annotations

import zlib

import cv2
import numpy as np
import pytest

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.protocols import Request, apply_protocol
from fer_lightning.data.readers.folder import FolderReader
from fer_lightning.errors import FerError
from tests.layouts.folders import write_folders


@pytest.fixture
def draw(tmp_path):
    """A function that writes a small image, no two alike, at each path below the data set's folder."""

    def write(*paths):
        for path in paths:
            file = tmp_path / "set" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            seed = zlib.crc32(path.encode())
            cv2.imwrite(str(file), np.random.default_rng(seed).integers(0, 256, (6, 5), dtype=np.uint8))
        return tmp_path / "set"

    return write


@pytest.fixture
def read(tmp_path):
    def reading(root, frames=None, **settings):
        return FolderReader(root, **settings)(tmp_path / "cache", frames)

    return reading


def names(faces):
    return [faces.class_names[label] if label >= 0 else "" for label in faces.label]


def test_class_folders_in_any_spelling(draw, read):
    root = draw("Happiness/a.png", "anger/sub.PNG", "NEUTRAL/.hidden.png", "NEUTRAL/b.jpg")
    (root / "NEUTRAL" / "notes.txt").write_text("no image")
    faces = read(root)
    assert faces.ids.tolist() == ["Happiness/a.png", "NEUTRAL/b.jpg", "anger/sub.PNG"]
    assert names(faces) == ["happy", "neutral", "angry"]
    assert faces.class_names == ("angry", "happy", "neutral")
    assert faces.split is faces.subject is faces.sequence is faces.frame is None
    assert np.array_equal(faces.pixels[2], cv2.imread(str(root / "anger" / "sub.PNG"), cv2.IMREAD_GRAYSCALE))


def test_split_folders_in_the_usual_spellings(draw, read):
    faces = read(draw("Train/happy/1.png", "validation/sad/2.png", "testing/sad/3.png", "train/sad/4.png"))
    assert dict(zip(faces.ids.tolist(), faces.split.tolist(), strict=True)) == {
        "Train/happy/1.png": "train",
        "testing/sad/3.png": "test",
        "train/sad/4.png": "train",
        "validation/sad/2.png": "val",
    }


@pytest.mark.parametrize(
    ("folders", "meant"),
    [
        (("Train", "DEV", "EVAL"), ("train", "val", "test")),
        (("training", "valid", "testing"), ("train", "val", "test")),
        (("train", "eval"), ("train", "test")),
        (("train", "eval", "test"), ("train", "val", "test")),
    ],
)
def test_eval_is_the_test_side_unless_another_folder_is(draw, read, folders, meant):
    faces = read(draw(*(f"{folder}/{name}/1.png" for folder in folders for name in ("happy", "sad"))))
    sides = {name.split("/")[0]: side for name, side in zip(faces.ids.tolist(), faces.split.tolist(), strict=True)}
    assert sides == dict(zip(folders, meant, strict=True))


def test_eval_beside_validation_and_test_is_asked_for(draw, read):
    root = draw(*(f"{folder}/happy/1.png" for folder in ("train", "val", "test", "eval")), "train/sad/1.png")
    with pytest.raises(FerError, match=r"eval/happy/1\.png: eval beside a validation and a test split; data\."):
        read(root)
    assert set(read(root, splits={"eval": "val"}).split) == {"train", "val", "test"}


def test_a_pattern_that_ignores_case_gives_its_words_in_capitals(draw, read):
    faces = read(draw("Ann/happy_1.png", "ANN/Sad_2.png"), pattern=r"(?i)(?P<subject>ann)/(?P<label>[a-z]+)_\d\.png")
    assert faces.subject.tolist() == ["ANN", "ANN"]
    assert sorted(names(faces)) == ["happy", "sad"]


def test_names_of_classes_and_people_are_composed_text(draw, read):
    root = draw("fro\u0308hlich/1.png", "Zoe\u0308/1.png")
    (root / "caf\udce9").mkdir()
    (root / "caf\udce9" / "1.png").write_bytes((root / "fro\u0308hlich" / "1.png").read_bytes())
    assert read(root).class_names == ("Zo\u00eb", r"caf\xe9", "fr\u00f6hlich")
    (root / "manifest.csv").write_text(
        "path,label,subject\nZoe\u0308/1.png,fro\u0308hlich,Zoe\u0308\nfro\u0308hlich/1.png,x,Zo\u00eb\n"
    )
    faces = read(root)
    assert set(faces.subject) == {"Zo\u00eb"}
    assert faces.class_names == ("fr\u00f6hlich", "x")
    assert read(root, labels={"fro\u0308hlich": "happy", "x": "sad"}).class_names == ("happy", "sad")


def test_the_vocabulary_comes_first_in_its_order_and_own_classes_sorted_after_it(draw, read):
    faces = read(draw("zebra/1.png", "contempt/1.png", "Ape/1.png", "Surprised/1.png", "joy/1.png"))
    assert faces.class_names == ("happy", "surprise", "contempt", "Ape", "zebra")
    assert names(faces) == ["Ape", "surprise", "contempt", "happy", "zebra"]


def test_labels_and_splits_give_words_a_meaning(draw, read):
    faces = read(draw("a/1/x.png", "dev/2/x.png", "b/3/x.png"), labels={1: "Joy", "2": "sad", "3": ""},
                 splits={"a": "train", "b": "test", "dev": "val"})  # fmt: skip
    assert names(faces) == ["happy", "", "sad"]
    assert faces.split.tolist() == ["train", "test", "val"]
    assert faces.class_names == ("happy", "sad")


def test_a_class_that_the_labels_name_is_a_class_even_without_an_image(draw, read):
    faces = read(draw("0/x.png", "1/x.png"), labels={"0": "neutral", "1": "happy", "7": "contempt"})
    assert faces.class_names == ("happy", "neutral", "contempt")


PATTERN = (
    r"(?P<sequence>(?P<illumination>day|night)/(?P<subject>\w+))/(?P<label>\w*)_(?P<frame>\d+)_(?P<pose>\w)\.png|"
    r"(?P<ignore>old/.*)"
)


def test_a_pattern_says_everything_that_it_names(draw, read):
    faces = read(draw("day/ann/happy_07_l.png", "night/bob/_3_r.png", "day/bob/sad_0_l.png", "old/x.png"),
                 pattern=PATTERN)  # fmt: skip
    assert faces.ids.tolist() == ["day/ann/happy_07_l.png", "day/bob/sad_0_l.png", "night/bob/_3_r.png"]
    assert names(faces) == ["happy", "sad", ""]
    assert faces.subject.tolist() == ["ann", "bob", "bob"]
    assert faces.sequence.tolist() == ["ann/day/ann", "bob/day/bob", "bob/night/bob"]
    assert faces.frame.tolist() == [7, 0, 3]
    assert faces.extras["pose"].tolist() == ["l", "l", "r"]
    assert faces.extras["illumination"].tolist() == ["day", "day", "night"]
    assert faces.split is None
    assert "mesh" not in faces.extras


def test_how_many_images_a_pattern_passes_over_is_said(draw, read, caplog):
    with caplog.at_level("INFO", logger="fer_lightning.data.readers.folder"):
        read(draw("a/1.png", "b/1.png", "old/x.png", "old/y.png"), pattern=r"(?P<label>\w)/\d\.png|(?P<ignore>old/.*)")
    assert "2 of 4 images skipped" in caplog.text


def test_every_drawn_layout_of_class_folders_gives_the_drawn_faces(tmp_path, tiny_faces, read):
    for layout in ("splits", "classes"):
        faces = read(write_folders(tiny_faces, tmp_path / layout, layout))
        rows = [int(name[-9:-4]) for name in faces.ids]
        assert sorted(rows) == list(range(96))
        assert np.array_equal(np.stack(list(faces.pixels)), tiny_faces.pixels[rows])
        assert faces.class_names == EXPRESSIONS
        assert np.array_equal(faces.label, tiny_faces.label[rows])


def test_the_official_protocol_takes_the_folders_for_its_sides(tmp_path, tiny_faces, read):
    faces = read(write_folders(tiny_faces, tmp_path / "set", "splits"))
    protocol = apply_protocol(faces, "official", Request())
    for side, rows in protocol.splits().items():
        assert len(rows) > 0
        assert all(name.startswith(f"{side}/") for name in faces.ids[rows])


# frames of three recordings as anyone may have them: two people number theirs alike, and files come in any order
RECORDED = ["ann/1/happy/2.png", "ann/1/happy/10.png", "ann/1/happy/0.png", "ann/1/happy/1.png",
            "bob/1/sad/5.png", "bob/1/sad/6.png", "bob/2/fear/1.png"]  # fmt: skip
FRAMES = r"(?P<subject>\w+)/(?P<sequence>\d)/(?P<label>\w+)/(?P<frame>\d+)\.png"


@pytest.mark.parametrize(
    ("how", "taken"),
    [
        ("apex", {"ann/1/happy/10.png": "happy", "bob/1/sad/6.png": "sad", "bob/2/fear/1.png": "fear"}),
        ("last3", {name: name.split("/")[2] for name in RECORDED if name != "ann/1/happy/0.png"}),
        ("first_and_last3", {name: name.split("/")[2] for name in RECORDED} | {"ann/1/happy/0.png": "neutral"}),
        ("all", {name: name.split("/")[2] for name in RECORDED}),
    ],
)
def test_frames_are_chosen_by_number_within_each_persons_recordings(draw, read, how, taken):
    root = draw(*RECORDED)
    for faces in (read(root, frames=how, pattern=FRAMES), read(root, pattern=FRAMES, **{"frames": how})):
        assert dict(zip(faces.ids.tolist(), names(faces), strict=True)) == taken
    assert ("neutral" in faces.class_names) == (how == "first_and_last3")


def test_the_readers_own_frames_give_way_to_those_of_the_call(tmp_path, draw):
    reader = FolderReader(draw(*RECORDED), pattern=FRAMES, frames="apex")
    assert len(reader(tmp_path / "cache")) == 3
    assert len(reader(tmp_path / "cache", frames="all")) == 7


def test_a_folder_without_labels_is_read_and_no_protocol_takes_it(draw, read):
    faces = read(draw("a.png", "b.png"), pattern=r"\w\.png(?P<label>)")
    assert faces.label.tolist() == [-1, -1]
    assert faces.class_names == EXPRESSIONS
    with pytest.raises(FerError, match="none of the 2 images has a label"):
        apply_protocol(faces, "holdout", Request())


COUNTS = {"train": {"happy": 2, "sad": 1}, "test": {"happy": 0, "sad": 1, "fear": 3}}


def test_counts_that_differ_are_one_warning(draw, caplog, tmp_path):
    root = draw("train/happy/1.png", "train/happy/2.png", "train/sad/1.png", "test/sad/1.png")
    reader = FolderReader(root, counts=COUNTS)
    with caplog.at_level("WARNING", logger="fer_lightning.data.readers.checks"):
        faces = reader(tmp_path / "cache")
    assert caplog.messages == ["image counts differ from the published ones: test/fear 0 (published 3)"]
    assert reader.official_counts(faces) == {
        "train": {"fear": 0, "happy": 2, "sad": 1},
        "test": {"fear": 3, "happy": 0, "sad": 1},
    }


def test_counts_of_the_whole_set_need_no_splits(draw, caplog, tmp_path):
    root = draw("happy/1.png", "sad/1.png", "sad/2.png")
    with caplog.at_level("WARNING", logger="fer_lightning.data.readers.checks"):
        FolderReader(root, counts={"all": {"happy": 1, "sad": 2}})(tmp_path / "cache")
        assert caplog.messages == []
        FolderReader(root, counts={"all": {"happy": 1, "sad": 5}})(tmp_path / "cache")
    assert caplog.messages == ["image counts differ from the published ones: all/sad 2 (published 5)"]


def test_without_counts_there_is_nothing_official(draw, tmp_path, caplog):
    reader = FolderReader(draw("happy/1.png", "sad/1.png"))
    assert reader.official_counts(reader(tmp_path / "cache")) is None
    assert [record for record in caplog.records if record.levelname == "WARNING"] == []
