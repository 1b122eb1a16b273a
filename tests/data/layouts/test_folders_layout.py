"""Layouts of folders as drawn for the tests are those that people have."""

from __future__ import annotations

import csv
import re

import cv2
import numpy as np
import pytest

from fer_lightning.errors import FerError
from tests.layouts.folders import LAYOUTS, PASSED_OVER, write_folders

PATHS = {
    "splits": r"(train|val|test)/[a-z]+/\d{5}\.png",
    "classes": r"[a-z]+/\d{5}\.png",
    "manifest": r"images/\d{5}\.png|manifest\.csv",
    "rafdb": r"DATASET/(train|test)/[1-7]/\d{5}\.png",
    "affectnet": r"(train|val)/[0-7]/\d{5}\.png",
    "kdef": r"KDEF_and_AKDEF/KDEF/[AB][FM]\d\d/[AB][FM]\d\d[A-Z]{2}(FL|HL|S|HR|FR)\.JPG",
    "sfew": r"(Train|Val)/(Angry|Disgust|Fear|Happy|Neutral|Sad|Surprise)/\d{5}\.png",
    "ferg": r"([a-z]+)/\1_([a-z]+)/\1_\2_\d+\.png",
    "mmi": r"S\d{3}/[a-z]+/\d{4}/\d{4}\.png",
    "oulu_casia": r"OriginalImg/VL/Strong/P\d{3}/(Anger|Disgust|Fear|Happiness|Sadness|Surprise)/\d{3}\.jpeg",
}
COUNTS = {"splits": 96, "classes": 96, "manifest": 97, "affectnet": 96, "rafdb": 84, "kdef": 84, "sfew": 84, "ferg": 84}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_paths_are_those_of_the_data_set(tmp_path, tiny_faces, layout):
    assert write_folders(tiny_faces, tmp_path / "new", layout) == tmp_path / "new"
    files = sorted(path.relative_to(tmp_path / "new").as_posix() for path in (tmp_path / "new").rglob("*.*"))
    strangers = [name for name in files if not re.fullmatch(PATHS[layout], name)]
    assert strangers == sorted(PASSED_OVER.get(layout, ()))
    # 12 images of each of eight classes; recordings end in six of them, and hold neutral frames
    assert len(files) - len(strangers) == COUNTS.get(layout, len(files) - len(strangers))
    assert len(files) - len(strangers) >= 72


@pytest.mark.parametrize("layout", ["splits", "classes", "manifest"])
def test_pixels_are_kept_without_loss(tmp_path, tiny_faces, layout):
    folder = write_folders(tiny_faces, tmp_path, layout)
    for file in folder.rglob("*.png"):
        assert np.array_equal(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), tiny_faces.pixels[int(file.stem)])


def test_the_manifest_says_what_is_known_of_each_face(tmp_path, tiny_faces):
    write_folders(tiny_faces, tmp_path, "manifest")
    with (tmp_path / "manifest.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["label"] for row in rows] == [tiny_faces.class_names[label] for label in tiny_faces.label]
    assert [row["subject"] for row in rows] == tiny_faces.subject.tolist()
    assert [int(row["frame"]) for row in rows] == tiny_faces.frame.tolist()
    assert {row["split"] for row in rows} == {"train", "val", "test"}


def test_frames_of_a_recording_are_numbered_from_the_first_face_to_the_apex(tmp_path, make_faces):
    faces = make_faces([6, 3, 3, 0], size=24, subject=["a", "a", "a", "b"], sequence=["x", "x", "x", "y"],
                       frame=[0, 9, 4, 1])  # fmt: skip
    folder = write_folders(faces, tmp_path, "mmi")
    rows = {"S001/happy/0000/0000.png": 0, "S001/happy/0000/0001.png": 2, "S001/happy/0000/0002.png": 1,
            "S002/angry/0000/0000.png": 3}  # fmt: skip
    for path, row in rows.items():
        assert np.array_equal(cv2.imread(str(folder / path), cv2.IMREAD_GRAYSCALE), faces.pixels[row])


def test_two_writings_are_alike(tmp_path, tiny_faces):
    for layout in LAYOUTS:
        first, again = (write_folders(tiny_faces, tmp_path / layout / place, layout) for place in "ab")
        files = [path for path in first.rglob("*") if path.is_file()]
        assert all(path.read_bytes() == (again / path.relative_to(first)).read_bytes() for path in files)


def test_an_unknown_layout_and_too_many_faces_are_refused(tmp_path, make_faces):
    faces = make_faces([0] * 11, subject=["a"] * 11)
    with pytest.raises(FerError, match=r"layout=kdeff: choose among splits, .*did you mean kdef"):
        write_folders(faces, tmp_path, "kdeff")
    with pytest.raises(FerError, match="layout=kdef: its file names tell fewer faces apart than these 11"):
        write_folders(faces, tmp_path, "kdef")
    assert list(tmp_path.iterdir()) == []
