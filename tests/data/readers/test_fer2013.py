"""FER2013 comes out of every layout as it was written."""

from __future__ import annotations

import csv
import gzip
import lzma
import tarfile
import zipfile

import cv2
import numpy as np
import pytest

from fer_lightning.data.protocols import Request, apply_protocol
from fer_lightning.data.readers import fer2013
from tests.layouts.fer2013 import FER2013_CLASSES, TABLES, write_fer2013

EMOTIONS = ["happy", "angry", "neutral", "disgust"]
USAGES = ["Training", "PrivateTest", "Training", "PublicTest"]


def assert_as_written(faces, pixels):
    assert np.array_equal(faces.pixels, pixels)
    assert [faces.class_names[label] for label in faces.label] == EMOTIONS
    assert faces.split.tolist() == USAGES
    assert faces.ids.tolist() == ["00000", "00001", "00002", "00003"]
    assert faces.subject is None


def test_the_plain_table(tmp_path, table, pixels):
    (tmp_path / "fer2013.csv").write_text(table)
    faces = fer2013.read(tmp_path, tmp_path / "cache")
    assert_as_written(faces, pixels)
    assert faces.class_names == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert faces.pixels.dtype == np.uint8
    assert faces.label.tolist() == [3, 0, 6, 1]


@pytest.mark.parametrize(
    "change",
    {
        "windows line ends": lambda text: text.replace("\n", "\r\n"),
        "no last line end": lambda text: text.rstrip("\n"),
        "a byte order mark": lambda text: "\ufeff" + text,
        "empty lines": lambda text: text.replace("\n", "\n\n"),
        "quoted cells": lambda text: "\n".join(
            '"' + line.replace(",", '","') + '"' for line in text.strip().split("\n")
        ),
        "spaces round the cells": lambda text: text.replace(",", " , "),
    }.items(),
    ids=lambda change: change[0],
)
def test_the_plain_table_as_other_programs_write_it(tmp_path, table, pixels, change):
    (tmp_path / "fer2013.csv").write_bytes(change[1](table).encode())
    assert_as_written(fer2013.read(tmp_path, tmp_path / "cache"), pixels)


def test_the_contests_odd_header_and_column_order(tmp_path, cells, pixels):
    with (tmp_path / "icml_face_data.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", " Usage", " pixels"])
        writer.writerows([label, usage, image] for label, image, usage in cells)
    assert_as_written(fer2013.read(tmp_path, tmp_path / "cache"), pixels)


@pytest.mark.parametrize("inner", ["fer2013.csv", "somewhere/deep/fer2013.csv"])
def test_archives_hold_the_table_in_any_folder(tmp_path, table, pixels, inner):
    (tmp_path / "fer2013.bib").write_text("@article{}")
    (tmp_path / "plain.csv").write_text(table)
    for kind in ("zip", "tar"):
        (tmp_path / kind).mkdir()
    with zipfile.ZipFile(tmp_path / "zip" / "fer2013.csv.zip", "w") as archive:
        archive.write(tmp_path / "fer2013.bib", "fer2013.bib")
        archive.writestr("__MACOSX/._fer2013.csv", b"\0\1")
        archive.write(tmp_path / "plain.csv", inner)
    with tarfile.open(tmp_path / "tar" / "fer2013.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "fer2013.bib", "fer2013/fer2013.bib")
        archive.add(tmp_path / "plain.csv", inner)
    for kind in ("zip", "tar"):
        assert_as_written(fer2013.read(tmp_path / kind, tmp_path / "cache"), pixels)


@pytest.mark.parametrize(("ending", "compress"), [(".xz", lzma.compress), (".gz", gzip.compress)])
def test_compressed_tables(tmp_path, table, pixels, ending, compress):
    (tmp_path / f"fer2013.csv{ending}").write_bytes(compress(table.encode()))
    assert_as_written(fer2013.read(tmp_path, tmp_path / "cache"), pixels)


def test_the_layouts_that_are_read_are_those_that_are_drawn():
    assert {name: inner for name, (inner, _) in TABLES.items()} == fer2013.TABLES
    assert fer2013.CLASS_NAMES == FER2013_CLASSES


@pytest.mark.parametrize("layout", [*TABLES, "folders"])
def test_every_layout_gives_the_drawn_faces(tmp_path, tiny_faces, layout):
    write_fer2013(tiny_faces, tmp_path, layout)
    faces = fer2013.read(tmp_path, tmp_path / "cache")
    # every kind of face but contempt, classes in order, of each ten the last two for validation and test
    expected = [
        row for name in FER2013_CLASSES for row in np.flatnonzero(tiny_faces.label == FER2013_CLASSES.index(name))
    ]
    split = [{8: "PublicTest", 9: "PrivateTest"}.get(place % 10, "Training") for place in range(len(expected))]
    assert len(faces) == len(expected) == 84
    if layout == "folders":  # sorted by path: put in the order in which they were written
        rows = [int(name[:-4].split("_")[1]) for name in faces.ids]
        place = np.argsort([expected.index(row) for row in rows])
    else:
        place = np.arange(84)
        assert faces.ids.tolist() == [f"{row:05d}" for row in range(84)]
    assert np.array_equal(faces.pixels[place], tiny_faces.pixels[expected])
    assert np.array_equal(faces.label[place], tiny_faces.label[expected])
    assert faces.split[place].tolist() == split


def test_the_first_layout_of_the_list_is_read_when_there_are_several(tmp_path, table, cells, pixels):
    (tmp_path / "icml_face_data.csv").write_text("emotion, Usage, pixels\nwrong")
    (tmp_path / "fer2013.csv").write_text(table)
    assert_as_written(fer2013.read(tmp_path, tmp_path / "cache"), pixels)


def test_a_second_reading_opens_the_cache_and_a_changed_file_does_not(tmp_path, table, monkeypatch):
    (tmp_path / "fer2013.csv").write_text(table)
    first = fer2013.read(tmp_path, tmp_path / "cache")
    with monkeypatch.context() as patch:
        patch.delattr(fer2013, "_read_table")
        assert fer2013.read(str(tmp_path), tmp_path / "cache").fingerprint == first.fingerprint
    (tmp_path / "fer2013.csv").write_text(table.replace("\n3,", "\n4,"))
    again = fer2013.read(tmp_path, tmp_path / "cache")
    assert again.label.tolist() == [4, 0, 6, 1]
    assert again.fingerprint != first.fingerprint


def draw_folders(root, pixels, prefixed: bool) -> None:
    """The four images as class folders, with spellings that people use."""
    folders = ["train/happy", "test/Angry", "train/Neutral", "test/disgusted"]
    for number, (folder, usage, image) in enumerate(zip(folders, USAGES, pixels, strict=True)):
        (root / folder).mkdir(parents=True)
        name = f"{usage}_{number}.png" if prefixed else f"im{number}.PNG"
        (root / folder / name).write_bytes(cv2.imencode(".png", image)[1].tobytes())


@pytest.mark.parametrize("prefixed", [True, False])
def test_class_folders(tmp_path, pixels, prefixed):
    draw_folders(tmp_path, pixels, prefixed)
    (tmp_path / "train" / "happy" / "Thumbs.db").write_bytes(b"\0")
    (tmp_path / "train" / "notes.txt").write_text("no folder")
    faces = fer2013.read(tmp_path, tmp_path / "cache")
    # train before test, then sorted by path, capitals first
    order = [2, 0, 1, 3]
    paths = ["train/Neutral", "train/happy", "test/Angry", "test/disgusted"]
    files = [f"{USAGES[number]}_{number}.png" if prefixed else f"im{number}.PNG" for number in order]
    assert faces.ids.tolist() == [f"{path}/{file}" for path, file in zip(paths, files, strict=True)]
    assert np.array_equal(faces.pixels, pixels[order])
    assert [faces.class_names[label] for label in faces.label] == [EMOTIONS[number] for number in order]
    published = USAGES if prefixed else ["Training", "PrivateTest", "Training", "PrivateTest"]
    assert faces.split.tolist() == [published[number] for number in order]


@pytest.mark.parametrize("word", ["validation", "Val", "dev", "eval"])
def test_a_folder_of_validation_images_is_read_and_folders_say_the_sides(tmp_path, pixels, word):
    for number, place in enumerate((f"{word}/sad", "Train/sad", "test/sad")):
        (tmp_path / place).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / place / f"Training_{number}.png"), pixels[number])
    faces = fer2013.read(tmp_path, tmp_path / "cache")
    assert faces.split.tolist() == ["Training", "PublicTest", "PrivateTest"]
    assert faces.ids.tolist() == ["Train/sad/Training_1.png", f"{word}/sad/Training_0.png", "test/sad/Training_2.png"]
    assert np.array_equal(faces.pixels, pixels[[1, 0, 2]])


def test_two_folders_of_one_side_are_refused(tmp_path, pixels, refused):
    for place in ("train/sad", "training/sad", "test/sad"):
        (tmp_path / place).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / place / "1.png"), pixels[0])
    assert f"{tmp_path}: train and training are both the train split; keep one of them" in refused(tmp_path)


def test_folders_without_prefixes_get_their_validation_out_of_the_training_side(tmp_path, make_faces, caplog):
    drawn = make_faces([number % 7 for number in range(84)], size=48)
    for row, image in enumerate(drawn.pixels):
        folder = tmp_path / ("train" if row < 70 else "test") / drawn.class_names[drawn.label[row]]
        folder.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / f"{row}.jpg"), image)
    faces = fer2013.read(tmp_path, tmp_path / "cache")
    with caplog.at_level("WARNING", logger="fer_lightning.data.protocols"):
        protocol = apply_protocol(faces, "official", Request())
    assert "do not say what is PublicTest: a tenth of the training images validates" in caplog.text
    assert (len(protocol.train), len(protocol.val), len(protocol.test)) == (63, 7, 14)
    assert set(faces.split[protocol.val]) == {"Training"}
    assert sorted(faces.label[protocol.val]) == list(range(7))
