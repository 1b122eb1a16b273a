"""Image files are looked at once, again when they change."""

from __future__ import annotations

import os

import cv2
import numpy as np
import pytest

from fer_lightning.data import images
from fer_lightning.data.duplicates import copy_groups
from fer_lightning.data.readers.image_files import ImageTable, build_face_set, list_images
from fer_lightning.errors import FerError

RNG = np.random.default_rng(0)
PICTURES = [RNG.integers(0, 256, shape, dtype=np.uint8) for shape in ((6, 8), (9, 5, 3), (4, 4))]


@pytest.fixture
def looked(monkeypatch):
    """The paths that were decoded while the findings were made."""
    paths = []
    decode = images._decode

    def spy(path):
        paths.append(path.name)
        return decode(path)

    monkeypatch.setattr(images, "_decode", spy)
    return paths


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name, picture in zip(("a.png", "b.png", "c.png"), PICTURES, strict=True):
        cv2.imwrite(str(folder / name), picture)
    return folder


def read(root, cache, **columns):
    paths = list_images(root)
    return build_face_set("own", ImageTable(paths, ["sad"] * len(paths), ("happy", "sad"), **columns), root, cache)


def test_what_is_known_becomes_columns_and_the_rest_stays_unknown(root, tmp_path):
    known = {"subjects": ["x", "y", ""], "frames": [3, 1, 2], "extras": {"pose": np.array(["l", "r", ""])}}
    faces = read(root, tmp_path / "cache", **known)
    assert faces.ids.tolist() == ["a.png", "b.png", "c.png"]
    assert faces.label.tolist() == [1, 1, 1]
    assert faces.subject.tolist() == ["x", "y", ""]
    assert faces.frame.tolist() == [3, 1, 2]
    assert (faces.sequence, faces.split) == (None, None)
    assert faces.extras["pose"].tolist() == ["l", "r", ""]
    assert faces.extras["height"].tolist() == [6, 9, 4]
    assert faces.extras["width"].tolist() == [8, 5, 4]
    assert faces.extras["colour"].tolist() == [0, 1, 0]
    assert np.array_equal(faces.pixels[0], PICTURES[0])
    assert np.array_equal(faces.pixels[1], PICTURES[1][..., ::-1])  # OpenCV writes blue first


def test_a_label_that_is_empty_is_no_label(root, tmp_path):
    table = ImageTable(list_images(root), ["happy", "", "sad"], ("happy", "sad"))
    assert build_face_set("own", table, root, tmp_path / "cache").label.tolist() == [0, -1, 1]


def test_files_are_looked_at_once_and_again_when_one_changes(root, tmp_path, looked):
    first = read(root, tmp_path / "cache")
    assert looked == ["a.png", "b.png", "c.png"]
    assert read(root, tmp_path / "cache").fingerprint == first.fingerprint
    assert len(looked) == 3
    cv2.imwrite(str(root / "b.png"), 255 - PICTURES[1])
    changed = read(root, tmp_path / "cache")
    assert len(looked) == 6
    assert changed.fingerprint != first.fingerprint
    assert (changed.extras["digest"] == first.extras["digest"]).tolist() == [True, False, True]


def test_a_file_that_was_only_touched_is_looked_at_and_found_the_same(root, tmp_path, looked):
    first = read(root, tmp_path / "cache")
    os.utime(root / "a.png", ns=(1, 1))
    assert read(root, tmp_path / "cache").fingerprint == first.fingerprint
    assert len(looked) == 6


def test_a_picture_is_its_own_copy_in_every_format_without_loss(root, tmp_path):
    for name in ("a.bmp", "a.TIFF", "a.webp"):
        lossless = [cv2.IMWRITE_WEBP_QUALITY, 101] if name.endswith("webp") else []
        colour = cv2.cvtColor(PICTURES[0], cv2.COLOR_GRAY2BGR)
        cv2.imwrite(str(root / name.lower()), colour if lossless else PICTURES[0], lossless)
    (root / "a.tiff").rename(root / "a.TIFF")
    faces = read(root, tmp_path / "cache")
    groups = dict(zip(faces.ids.tolist(), copy_groups(faces).tolist(), strict=True))
    assert groups["a.png"] == groups["a.bmp"] == groups["a.TIFF"]
    assert groups["a.webp"] != groups["a.png"]  # three equal channels are another picture than one
    assert len(set(groups.values())) == 4


def test_a_shape_is_part_of_a_picture(tmp_path):
    (tmp_path / "data").mkdir()
    for name, shape in (("a.png", (4, 6)), ("b.png", (6, 4))):
        cv2.imwrite(str(tmp_path / "data" / name), np.full(shape, 7, dtype=np.uint8))
    assert copy_groups(read(tmp_path / "data", tmp_path / "cache")).tolist() == [0, 1]


def test_a_broken_file_is_named(root, tmp_path):
    (root / "b.png").write_bytes((root / "b.png").read_bytes()[:60])
    with pytest.raises(FerError, match=r"b\.png: this is no image that can be read, or it is cut off"):
        read(root, tmp_path / "cache")


def test_all_broken_files_are_named_at_once_up_to_ten(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(14):
        cv2.imwrite(str(folder / f"{number:02d}.png"), PICTURES[1])
        if number:
            (folder / f"{number:02d}.png").write_bytes(b"no image")
    with pytest.raises(FerError) as caught:
        read(folder, tmp_path / "cache")
    message = str(caught.value)
    assert message.startswith(f"{folder}: 13 of 14 images cannot be read; get them again or remove them: 01.png (")
    assert [name in message for name in ("10.png", "11.png")] == [True, False]
    assert message.endswith("), and 3 more")
    assert not [path for path in (tmp_path / "cache").iterdir() if path.suffix != ".lock"]


def test_an_id_is_text_that_every_file_takes(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name, picture in zip((b"caf\xe9.png", "u\u0308.png".encode(), b"a\nb.png"), PICTURES, strict=True):
        (folder / os.fsdecode(name)).write_bytes(cv2.imencode(".png", picture)[1].tobytes())
    assert read(folder, tmp_path / "cache").ids.tolist() == [r"a\nb.png", r"caf\xe9.png", "\u00fc.png"]


def test_an_image_that_is_listed_twice_is_refused(root, tmp_path):
    path = root / "a.png"
    with pytest.raises(FerError, match=r"a\.png is listed twice \(1 such images\); each counts once"):
        build_face_set("own", ImageTable([path, path], ["sad", "sad"], ("sad",)), root, tmp_path / "cache")
