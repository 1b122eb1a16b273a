"""FER2013's layouts as drawn for the tests are those that people have."""

from __future__ import annotations

import csv
import gzip
import lzma
import tarfile
import zipfile

import cv2
import numpy as np
import pytest

from fer_lightning.errors import FerError
from tests.layouts.fer2013 import FER2013_CLASSES, TABLES, write_fer2013


def unpack(path) -> str:
    """The table's text, by the libraries rather than by our reader."""
    if path.name.endswith(".tar.gz"):
        with tarfile.open(path) as archive:
            assert archive.getnames() == ["fer2013/fer2013.csv"]
            return archive.extractfile("fer2013/fer2013.csv").read().decode()
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            assert archive.namelist() == [path.stem]
            return archive.read(path.stem).decode()
    openers = {".gz": gzip.open, ".xz": lzma.open}
    with openers.get(path.suffix, open)(path, "rt") as stream:
        return stream.read()


@pytest.mark.parametrize("layout", TABLES)
def test_a_table_holds_the_drawn_faces(tmp_path, tiny_faces, layout):
    path = write_fer2013(tiny_faces, tmp_path / "new", layout)
    assert path == tmp_path / "new" / layout
    rows = list(csv.reader(unpack(path).splitlines()))
    odd = layout.startswith("icml")
    assert rows[0] == (["emotion", " Usage", " pixels"] if odd else ["emotion", "pixels", "Usage"])
    by_pixels = {tiny_faces.pixels[row].tobytes(): int(tiny_faces.label[row]) for row in range(96)}
    assert len(rows) == 1 + 84  # ten people, eight expressions, without contempt
    for row in rows[1:]:
        label, pixels, usage = (row[0], row[2], row[1]) if odd else row
        image = np.array(pixels.split(), dtype=np.uint8)
        assert FER2013_CLASSES[int(label)] == tiny_faces.class_names[by_pixels[image.tobytes()]]
        assert usage in ("Training", "PublicTest", "PrivateTest")


def test_eight_in_ten_train_and_every_class_stands_in_every_split(tmp_path, make_faces):
    faces = make_faces(np.arange(140) % 7, size=48)
    rows = list(csv.reader(unpack(write_fer2013(faces, tmp_path, "fer2013.csv")).splitlines()))[1:]
    counts = {usage: [0] * 7 for usage in ("Training", "PublicTest", "PrivateTest")}
    for label, _, usage in rows:
        counts[usage][int(label)] += 1
    assert counts == {"Training": [16] * 7, "PublicTest": [2] * 7, "PrivateTest": [2] * 7}


def test_folders_hold_the_drawn_faces_without_loss(tmp_path, tiny_faces):
    assert write_fer2013(tiny_faces, tmp_path, "folders") == tmp_path
    files = sorted(tmp_path.rglob("*.png"))
    assert len(files) == 84
    for file in files:
        usage, row = file.stem.split("_")
        assert file.parent.parent.name == ("train" if usage == "Training" else "test")
        assert file.parent.name == tiny_faces.class_names[tiny_faces.label[int(row)]]
        assert np.array_equal(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), tiny_faces.pixels[int(row)])


@pytest.mark.parametrize("layout", ["fer2013", "fer2013.rar", "fer2013.zip", "icml_face_data.csv.tar.gz"])
def test_an_unknown_layout_is_refused_with_the_choices(tmp_path, tiny_faces, layout):
    with pytest.raises(FerError, match=r"layout=.*: choose among folders, fer2013\.csv, .*icml_face_data\.csv\.xz"):
        write_fer2013(tiny_faces, tmp_path, layout)
    assert list(tmp_path.iterdir()) == []
