"""JAFFE's images are labelled by their names, wherever they lie and however they were converted."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fer_lightning.data.readers import jaffe
from fer_lightning.errors import FerError
from tests.layouts.jaffe import write_jaffe

NAMES = {
    "KA.AN1.39": "angry",
    "KL.DI4.173": "disgust",
    "KA.FE2.46": "fear",
    "KR.HA1.74": "happy",
    "KM.SA5.13": "sad",
    "YM.SU3.60": "surprise",
    "TM.NE2.178": "neutral",
}


def draw(root, names=tuple(NAMES), ending=".tiff", shape=(16, 16)):
    root.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        pixels = np.random.default_rng(number).integers(0, 256, shape, dtype=np.uint8)
        Image.fromarray(pixels).save(root / f"{name}{ending}")


@pytest.mark.parametrize("place", ["", "jaffe", "jaffedbase/jaffe"])
def test_labels_and_people_come_from_the_names(tmp_path, place):
    draw(tmp_path / "jaffe" / place)
    for other in ("README", "README_FIRST.txt", ".DS_Store"):
        (tmp_path / "jaffe" / other).write_text("not an image")
    faces = jaffe.read(tmp_path / "jaffe", tmp_path / "cache")
    names = [name.split("/")[-1].removesuffix(".tiff") for name in faces.ids]
    assert names == sorted(NAMES)
    assert [faces.class_names[label] for label in faces.label] == [NAMES[name] for name in names]
    assert faces.subject.tolist() == [name[:2] for name in names]
    assert faces.class_names == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert faces.sequence is faces.split is None
    for name, image in zip(names, faces.pixels, strict=True):
        seed = list(NAMES).index(name)
        assert np.array_equal(image, np.random.default_rng(seed).integers(0, 256, (16, 16), dtype=np.uint8))


@pytest.mark.parametrize("ending", [".tif", ".png", ".jpg", ".TIFF", ".tiff.png"])
@pytest.mark.parametrize("lower", [False, True])
def test_converted_files_and_names_in_lower_case(tmp_path, ending, lower):
    draw(tmp_path / "jaffe", [name.lower() if lower else name for name in NAMES], ending)
    faces = jaffe.read(str(tmp_path / "jaffe"), tmp_path / "cache")
    assert len(faces) == 7
    assert sorted(faces.subject) == sorted(name[:2] for name in NAMES)
    assert sorted(faces.label) == list(range(7))


def test_the_published_counts_are_213_images():
    assert sum(jaffe.OFFICIAL_COUNTS["all"]) == 213


def test_counts_of_the_published_files_say_nothing_and_others_warn(tmp_path, caplog, monkeypatch):
    draw(tmp_path / "jaffe")
    caplog.set_level("WARNING", logger="fer_lightning.data.readers.checks")
    faces = jaffe.read(tmp_path / "jaffe", tmp_path / "cache")
    (message,) = caplog.messages
    assert "all/angry 1 (published 30), all/disgust 1 (published 29), all/fear 1 (published 32)" in message
    assert jaffe.official_counts(faces)["all"]["neutral"] == 30
    monkeypatch.setattr(jaffe, "OFFICIAL_COUNTS", {"all": (1,) * 7})
    caplog.clear()
    jaffe.read(tmp_path / "jaffe", tmp_path / "cache")
    assert caplog.messages == []


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_absent_files_are_told_where_to_get_them_and_where_they_belong(tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FerError) as caught:
        jaffe.read(tmp_path / name, tmp_path / "cache")
    for part in (str(tmp_path / name), "KA.AN1.39.tiff", "Zenodo", "DIR/jaffe/", "data.faces.dir=DIR"):
        assert part in str(caught.value)


def test_the_drawn_layout_is_read_as_it_was_drawn(tmp_path, tiny_faces):
    faces = jaffe.read(write_jaffe(tiny_faces, tmp_path / "jaffe"), tmp_path / "cache")
    kept = [row for row in range(96) if tiny_faces.class_names[tiny_faces.label[row]] != "contempt"]
    assert len(faces) == len(kept) == 84
    by_number = np.argsort([int(name.split(".")[2]) for name in faces.ids])
    codes = dict(
        zip(sorted(set(tiny_faces.subject)), ["KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM"], strict=True)
    )
    for row, drawn in zip(by_number, kept, strict=True):
        assert faces.class_names[faces.label[row]] == tiny_faces.class_names[tiny_faces.label[drawn]]
        assert faces.subject[row] == codes[tiny_faces.subject[drawn]]
        assert np.array_equal(faces.pixels[row][24:72, 24:72], tiny_faces.pixels[drawn])
