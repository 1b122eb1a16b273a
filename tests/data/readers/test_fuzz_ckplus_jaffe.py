"""Whatever is wrong with the files of CK+ or JAFFE is one error that names the file, and nothing half-written stays."""

from __future__ import annotations

import random
import shutil

import numpy as np
import pytest
from PIL import Image

from fer_lightning.data.readers import ckplus, jaffe
from fer_lightning.data.synthetic.read import read
from fer_lightning.errors import FerError
from tests.layouts.ckplus import write_ckplus
from tests.layouts.jaffe import write_jaffe

# Pillow says more of broken TIFF files than its error does
pytestmark = pytest.mark.filterwarnings("ignore:Corrupt EXIF data", "ignore:Tag data larger than file")

SEQUENCE = "S000/001"
PEAK = "S000_001_00000008"
PHOTO = f"cohn-kanade-images/{SEQUENCE}/{PEAK}.png"
EMOTION = f"Emotion/{SEQUENCE}/{PEAK}_emotion.txt"
FACS = f"FACS/{SEQUENCE}/{PEAK}_facs.txt"
LANDMARKS = f"Landmarks/{SEQUENCE}/{PEAK}_landmarks.txt"
CROP = f"CK+48/anger/{PEAK}.png"
TABLE = "ckextended.csv"
JAFFE = "KA.AN1.1.tiff"
READERS = {"official": ckplus.read, "ck48": ckplus.read, TABLE: ckplus.read, "jaffe": jaffe.read}
IMAGES = {"official": PHOTO, "ck48": CROP, "jaffe": JAFFE}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, session_dir):
    """Every layout of one person's drawn faces, before anything happens to it."""
    faces = read(session_dir / "cache", images=112, subjects=2)
    one = faces.take(np.flatnonzero(faces.subject == "S000"), "one")
    root = tmp_path_factory.mktemp("whole")
    for layout in ("official", "ck48", TABLE):
        write_ckplus(one, root / layout, layout)
    write_jaffe(one, root / "jaffe")
    names = sorted((root / "jaffe").glob("KA.AN1.*"))
    names[0].rename(root / "jaffe" / JAFFE)  # whatever number it was given
    return root


@pytest.fixture
def spoilt(whole, tmp_path):
    """A function that copies a layout, for something to happen to it."""

    def copy(layout):
        shutil.copytree(whole / layout, tmp_path / layout)
        return tmp_path / layout

    return copy


def refused(layout, root):
    """The message of the one error; nothing may stay in the cache."""
    cache = root.parent / "cache"
    with pytest.raises(FerError) as caught:
        READERS[layout](root, cache)
    assert not cache.exists() or [path for path in cache.iterdir() if path.suffix != ".lock"] == []
    message = str(caught.value)
    assert "\n" not in message
    assert len(message.replace(str(root), "")) < 500
    return message


@pytest.mark.parametrize("layout", READERS)
def test_the_layouts_are_all_right_before_anything_happens_to_them(whole, tmp_path, layout):
    assert len(READERS[layout](whole / layout, tmp_path / "cache")) > 10


SPOIL = {
    "empty": lambda content: b"",
    "half": lambda content: content[: len(content) // 2],
    "a tenth": lambda content: content[: len(content) // 10],
    "zeros": lambda content: b"\0" * len(content),
    "a page from the web": lambda content: b"<!DOCTYPE html><html>Sign in</html>",
    "garbage": lambda content: random.Random(0).randbytes(len(content)),
}


@pytest.mark.parametrize("fault", SPOIL)
@pytest.mark.parametrize("layout", IMAGES)
def test_a_file_that_is_no_whole_image(spoilt, layout, fault):
    root = spoilt(layout)
    path = root / IMAGES[layout]
    path.write_bytes(SPOIL[fault](path.read_bytes()))
    assert refused(layout, root).startswith(f"{path}: this is no image that can be read, or it is cut off")


@pytest.mark.parametrize("layout", IMAGES)
def test_an_image_of_numbers_that_are_no_grey_values(spoilt, layout):
    root = spoilt(layout)
    path = (root / IMAGES[layout]).with_suffix(".tiff")
    (root / IMAGES[layout]).unlink()
    Image.fromarray(np.ones((8, 8), dtype=np.float32)).save(path)
    assert refused(layout, root).startswith(f"{path}: its pixels are floating-point numbers")


@pytest.mark.parametrize("layout", IMAGES)
def test_a_folder_where_an_image_should_be(spoilt, layout):
    root = spoilt(layout)
    path = root / IMAGES[layout]
    path.unlink()
    path.mkdir()
    assert refused(layout, root).startswith(f"{path}: a folder, where its name says an image")


@pytest.mark.parametrize("layout", IMAGES)
def test_an_image_that_stands_there_twice(spoilt, layout):
    root = spoilt(layout)
    path = root / IMAGES[layout]
    other = path.parent / "again" / path.name
    other.parent.mkdir()
    shutil.copy(path, other)
    message = refused(layout, root)
    assert str(path) in message
    assert str(other) in message
    assert "the same image as" in message


@pytest.mark.parametrize("layout", IMAGES)
@pytest.mark.parametrize("stem", ["copy", "S00_001_00000008", "KA.XX1.39", "KA.AN1", "S000_001_00000008 (1)"])
def test_an_image_that_is_called_otherwise(spoilt, layout, stem):
    root = spoilt(layout)
    path = (root / IMAGES[layout]).with_name(f"{stem}.png")
    shutil.copy(root / IMAGES[layout], path)
    assert refused(layout, root).startswith(f"{path}: images here are called like ")


@pytest.mark.parametrize("layout", IMAGES)
def test_a_link_that_leads_back(spoilt, layout):
    root = spoilt(layout)
    link = (root / IMAGES[layout]).parent / "back"
    link.symlink_to(link.parent)
    assert refused(layout, root).startswith(f"{link}: this link leads back to {link.parent}")


@pytest.mark.parametrize("layout", IMAGES)
def test_a_link_that_leads_nowhere(spoilt, layout):
    root = spoilt(layout)
    path = root / IMAGES[layout]
    path.unlink()
    path.symlink_to(root / "gone.png")
    assert refused(layout, root).startswith(f"{path}: this link leads to {root / 'gone.png'}, which is not there")


@pytest.mark.parametrize("layout", ["official", "ck48", TABLE])
def test_links_around_the_layout_neither_hang_nor_hide_it(spoilt, tmp_path, layout):
    root = spoilt(layout)
    (root / "loop").symlink_to(root)
    (tmp_path / "above").mkdir()
    (tmp_path / "above" / "ckplus").symlink_to(root)
    assert len(ckplus.read(tmp_path / "above", tmp_path / "cache")) > 10


POINTS = "".join(f"   {x:.7e}   {x:.7e}\n" for x in range(68))
LABELS = {
    "emotion: empty": (EMOTION, "", 1, "the file ends here, with 0 of 1 lines"),
    "emotion: two numbers in a line": (EMOTION, "   3.0e+00   1.0e+00\n", 1, "2 numbers, a line of this file has 1"),
    "emotion: two lines": (EMOTION, "   3.0e+00\n   1.0e+00\n", 2, "too many lines, this file has 1"),
    "emotion: a word": (EMOTION, "anger\n", 1, "'anger' is not a number"),
    "emotion: 8": (EMOTION, "   8.0000000e+00\n", 1, "the emotion is 8, it must be a whole number from 0 to 7"),
    "emotion: -1": (EMOTION, "-1\n", 1, "the emotion is -1, it must be a whole number from 0 to 7"),
    "emotion: 2.5": (EMOTION, "\n\n2.5\n", 3, "the emotion is 2.5, it must be a whole number from 0 to 7"),
    "emotion: not a number": (EMOTION, "nan\n", 1, "'nan' is not a number"),
    "FACS: empty": (FACS, "\n", 1, "the file ends here, with 0 of 1 lines"),
    "FACS: no intensity": (FACS, "   4.0e+00   1.0e+00\n   9.0e+00\n", 2, "1 numbers, a line of this file has 2"),
    "FACS: letters for intensities": (FACS, "4 C\n", 1, "'C' is not a number"),
    "FACS: intensity 6": (FACS, "4 6\n", 1, "the intensity is 6, it must be a whole number from 0 to 5"),
    "FACS: unit 0": (FACS, "0 2\n", 1, "the action unit is 0, it must be a whole number from 1 to 99"),
    "FACS: a unit twice": (FACS, "4 2\n9 1\n4 3\n", 3, "action unit 4 occurs twice"),
    "landmarks: empty": (LANDMARKS, "", 1, "the file ends here, with 0 of 68 lines"),
    "landmarks: 67": (LANDMARKS, POINTS[: -len(POINTS.splitlines()[-1]) - 1], 67, "the file ends here, with 67 of 68"),
    "landmarks: 69": (LANDMARKS, POINTS + "1 1\n", 69, "too many lines, this file has 68"),
    "landmarks: three numbers": (LANDMARKS, "1 2 3\n" + POINTS, 1, "3 numbers, a line of this file has 2"),
    "landmarks: a comma": (LANDMARKS, "1,5 2\n" + POINTS, 1, "'1,5' is not a number"),
    "landmarks: far away": (LANDMARKS, "1 2\n3 1e300\n" + POINTS[66:], 2, "the point 3, 1e+300 lies outside every"),
    "landmarks: cut off": (LANDMARKS, POINTS[:1000], 31, "1 numbers, a line of this file has 2"),
}


@pytest.mark.parametrize("fault", LABELS)
def test_a_wrong_label_file_is_named_with_its_line(spoilt, fault):
    name, text, line, message = LABELS[fault]
    root = spoilt("official")
    (root / name).write_text(text)
    assert refused("official", root).startswith(f"{root / name}, line {line}: {message}")


@pytest.mark.parametrize("name", [EMOTION, FACS, LANDMARKS])
@pytest.mark.parametrize("fault", ["folder", "bytes"])
def test_a_label_file_that_is_no_text(spoilt, name, fault):
    root = spoilt("official")
    if fault == "folder":
        (root / name).unlink()
        (root / name).mkdir()
    else:
        (root / name).write_bytes(random.Random(1).randbytes(200))
    assert refused("official", root).startswith(f"{root / name}, line 1: this is not a file of numbers")


@pytest.mark.parametrize("name", [EMOTION, FACS])
def test_a_sequence_has_one_file_of_a_kind_and_its_own(spoilt, name):
    root = spoilt("official")
    second = (root / name).with_name((root / name).name.replace("00000008", "00000009"))
    shutil.copy(root / name, second)
    assert refused("official", root).startswith(f"{second}: a second file beside {(root / name).name}")
    second.unlink()
    stray = (root / name).with_name((root / name).name.replace("S000_001", "S000_002"))
    (root / name).rename(stray)
    assert refused("official", root).startswith(f"{stray}: this is the file of another sequence")


@pytest.mark.parametrize("place", ["S000/002", "S001/001", "."])
def test_a_photograph_in_the_folder_of_another_sequence(spoilt, place):
    root = spoilt("official")
    moved = root / "cohn-kanade-images" / place / f"{PEAK}.png"
    moved.parent.mkdir(parents=True, exist_ok=True)
    (root / PHOTO).rename(moved)
    assert refused("official", root).startswith(f"{moved}: this image belongs into the folder S000/001/")


@pytest.mark.parametrize("layout", ["official", "ck48"])
def test_a_layout_without_images(spoilt, layout):
    root = spoilt(layout)
    folder = root / IMAGES[layout].split("/")[0]
    shutil.rmtree(folder)
    folder.mkdir()
    assert refused(layout, root).startswith(f"{folder}: no image called like S005_001_00000011.png")


def test_no_sequence_with_a_label(spoilt):
    root = spoilt("official")
    shutil.rmtree(root / "Emotion")
    (root / "Emotion").mkdir()
    assert refused("official", root).startswith(f"{root / 'Emotion'}: no label for any sequence of ")


@pytest.mark.parametrize(
    ("folder", "message"),
    [("angst", "it is in no folder of an expression: 'angst' is not an expression"), ("neutral", "no neutral images")],
)
def test_a_folder_of_crops_that_ckplus_does_not_have(spoilt, folder, message):
    root = spoilt("ck48")
    (root / "CK+48" / "anger").rename(root / "CK+48" / folder)
    found = refused("ck48", root)
    assert found.startswith(str(root / "CK+48" / folder))
    assert message in found


def test_a_crop_beside_the_folders(spoilt):
    root = spoilt("ck48")
    stray = root / "CK+48" / f"{PEAK}.png"
    (root / CROP).rename(stray)
    assert refused("ck48", root).startswith(f"{stray}: it is in no folder of an expression")


def test_a_sequence_of_crops_in_two_folders(spoilt):
    root = spoilt("ck48")
    stray = root / "CK+48" / "fear" / f"{PEAK}.png"
    (root / CROP).rename(stray)
    assert refused("ck48", root).startswith(f"{stray}: its sequence is also under 'angry'")


def change(rows, line, cell, text):
    cells = rows[line - 1].split(",")
    cells[cell] = text
    rows[line - 1] = ",".join(cells)


ROWS = {
    "label 8": (lambda rows: change(rows, 3, 0, "8"), ", line 3: emotion is '8', it must be a number from 0 to 7"),
    "a word for a label": (lambda rows: change(rows, 3, 0, "anger"), ", line 3: emotion is 'anger'"),
    "a pixel missing": (lambda rows: change(rows, 2, 1, "7 " * 2303), ", line 2: 2303 pixels"),
    "letters for pixels": (lambda rows: change(rows, 2, 1, "7 " * 2303 + "x"), ", line 2: the pixels hold something"),
    "pixel 256": (lambda rows: change(rows, 4, 1, "256 " * 2304), ", line 4: a pixel is 256"),
    "another split": (lambda rows: change(rows, 4, 2, "Test"), ", line 4: Usage is 'Test'"),
    "a cell missing": (lambda rows: rows.__setitem__(4, rows[4].rsplit(",", 1)[0]), ", line 5: 2 cells for 3 columns"),
    "another column": (lambda rows: change(rows, 1, 0, "label"), ", line 1: no column emotion"),
    "no rows": (lambda rows: rows.__delitem__(slice(1, None)), ": there is no image under the header"),
    "nothing": (lambda rows: rows.clear(), ", line 1: no column emotion, pixels, Usage"),
}


@pytest.mark.parametrize("fault", ROWS)
def test_a_wrong_row_is_named_with_its_line(spoilt, fault):
    spoil, message = ROWS[fault]
    root = spoilt(TABLE)
    rows = (root / TABLE).read_text().splitlines()
    spoil(rows)
    (root / TABLE).write_text("\n".join(rows))
    assert refused(TABLE, root).startswith(f"{root / TABLE}{message}")


@pytest.mark.parametrize("ending", [".xz", ".gz", ".zip"])
def test_a_packed_table_that_is_no_archive(spoilt, ending):
    root = spoilt(TABLE)
    (root / TABLE).rename(root / f"{TABLE}{ending}")
    assert refused(TABLE, root).startswith(f"{root / TABLE}{ending}: damaged or cut off")


@pytest.mark.parametrize("seed", range(40))
def test_bytes_that_changed_anywhere_give_faces_or_one_error_that_names_the_file(spoilt, seed):
    dice = random.Random(seed)
    layout = dice.choice(list(READERS))
    root = spoilt(layout)
    path = dice.choice(sorted(item for item in root.rglob("*") if item.is_file()))
    content = bytearray(path.read_bytes())
    for _ in range(dice.choice([1, 3, 10])):
        content[dice.randrange(min(len(content), dice.choice([60, 10**9])))] = dice.randrange(256)
    path.write_bytes(content[: dice.choice([None, dice.randrange(len(content))])])
    try:
        faces = READERS[layout](root, root.parent / "cache")
    except FerError as fault:
        message = str(fault)
    else:
        assert len(faces) > 10
        return
    assert message.startswith(str(path))
    assert [item for item in (root.parent / "cache").glob("*") if item.suffix != ".lock"] == []
