"""Manifests: every column, every fault with its line."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fer_lightning.data.readers.folder import FolderReader
from fer_lightning.errors import FerError
from tests.layouts.folders import write_folders

FULL = """path,label,subject,sequence,frame,split,pose,illumination,mesh
a.png,Joy,ann,1,0,train,left,dark,a.obj
b.png,,ann,1,7,,front,,
sub/c.png,sad,,,2,Test,,bright,
"""


@pytest.fixture
def root(tmp_path):
    """A folder with three images."""
    (tmp_path / "set" / "sub").mkdir(parents=True)
    for number, name in enumerate(("a.png", "b.png", "sub/c.png")):
        cv2.imwrite(str(tmp_path / "set" / name), np.full((4, 4), number, dtype=np.uint8))
    return tmp_path / "set"


@pytest.fixture
def read(root, tmp_path):
    def reading(text=None, **settings):
        if text is not None:
            content = text if isinstance(text, bytes) else text.encode()
            (root / "manifest.csv").write_bytes(content)
        return FolderReader(root, **settings)(tmp_path / "cache")

    return reading


@pytest.fixture
def refused(read, tmp_path):
    """A function that gives the one message with which a manifest is refused; nothing may stay in the cache."""

    def refuse(text=None, **settings):
        with pytest.raises(FerError) as caught:
            read(text, **settings)
        cache = tmp_path / "cache"
        assert not cache.exists() or [path for path in cache.iterdir() if path.suffix != ".lock"] == []
        assert len(str(caught.value)) < 900
        return str(caught.value)

    return refuse


def test_every_column_is_kept(read):
    faces = read(FULL)
    assert faces.ids.tolist() == ["a.png", "b.png", "sub/c.png"]
    assert faces.class_names == ("happy", "sad")
    assert faces.label.tolist() == [0, -1, 1]
    assert faces.subject.tolist() == ["ann", "ann", ""]
    assert faces.sequence.tolist() == ["ann/1", "ann/1", ""]
    assert faces.frame.tolist() == [0, 7, 2]
    assert faces.split.tolist() == ["train", "", "test"]
    assert faces.extras["pose"].tolist() == ["left", "front", ""]
    assert faces.extras["illumination"].tolist() == ["dark", "", "bright"]
    assert faces.extras["mesh"].tolist() == ["a.obj", "", ""]
    assert [int(image[0, 0]) for image in faces.pixels] == [0, 1, 2]


def test_two_columns_are_enough_in_any_order_and_images_keep_the_files_order(read):
    faces = read("label,path\nhappy,sub/c.png\nsad,a.png\n")
    assert faces.ids.tolist() == ["sub/c.png", "a.png"]
    assert [faces.class_names[label] for label in faces.label] == ["happy", "sad"]
    assert faces.subject is faces.sequence is faces.frame is faces.split is None


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffpath,label\na.png,happy\nb.png,sad\n",  # as Excel writes UTF-8
        "path,label\r\na.png,happy\r\nb.png,sad",
        "path,label\ra.png,happy\rb.png,sad\r",
        '"path","label"\n"a.png","happy"\n\n"b.png","sad"\n\n',
        " path , label \n a.png , happy\nsub/../b.png,sad\n",
        "path,label,subject,frame,split\na.png,happy,,,\nb.png,sad,,,\n",
    ],
)
def test_the_same_in_the_ways_in_which_programs_write_it(read, text):
    faces = read(text)
    assert [faces.class_names[label] for label in faces.label] == ["happy", "sad"]
    assert faces.subject is faces.frame is faces.split is None


def test_a_manifest_comes_before_the_folders(read, root):
    (root / "manifest.csv").write_text("path,label\na.png,happy\nb.png,sad\n")
    assert read().ids.tolist() == ["a.png", "b.png"]
    assert len(read(pattern="(?P<label>never)")) == 2


def test_another_manifest_by_name_or_path_and_its_own_folder_is_where_paths_begin(read, root, tmp_path):
    shutil.copy(root / "a.png", root / "sub" / "a.png")
    (root / "sub" / "own.csv").write_text("path,label\na.png,happy\nc.png,sad\n")
    for place in ("sub/own.csv", str(root / "sub" / "own.csv")):
        assert read(manifest=place).ids.tolist() == ["a.png", "c.png"]


def test_labels_and_splits_are_the_manifests_words_too(read):
    faces = read("path,label,split\na.png,4,fit\nb.png,5,held\n", labels={"4": "happy", "5": "sad"},
                 splits={"fit": "train", "held": "test"})  # fmt: skip
    assert [faces.class_names[label] for label in faces.label] == ["happy", "sad"]
    assert faces.split.tolist() == ["train", "test"]


def test_the_drawn_manifest_gives_the_drawn_faces(tmp_path, tiny_faces):
    folder = write_folders(tiny_faces, tmp_path / "drawn", "manifest")
    faces = FolderReader(folder)(tmp_path / "cache")
    assert np.array_equal(np.stack(list(faces.pixels)), tiny_faces.pixels)
    assert np.array_equal(faces.label, tiny_faces.label)
    assert np.array_equal(faces.subject, tiny_faces.subject)
    assert np.array_equal(faces.frame, tiny_faces.frame)
    groups = [np.unique(column, return_inverse=True)[1].tolist() for column in (faces.sequence, tiny_faces.sequence)]
    assert groups[0] == groups[1]
    assert set(faces.split) == {"train", "val", "test"}
    last = FolderReader(folder, frames="apex")(tmp_path / "cache")
    assert sorted(last.sequence) == sorted(np.unique(faces.sequence))


# what the message must begin with after the file's name, and hold
FAULTS = {
    "": ("line 1: no column path, label", "the columns, parted by commas, are none"),
    "path,label\n": (": there is no image under the header", ""),
    "path;label\na.png;happy\n": ("line 1: no column path, label", "path;label"),
    "path,emotion\na.png,happy\n": ("line 1: no column label", "path, emotion"),
    "path,label,sbject\na.png,happy,x\n": ("line 1: unknown column 'sbject'", "did you mean subject"),
    "path,label,label\na.png,happy,sad\n": ("line 1: the column label occurs twice", ""),
    "path,label,\na.png,happy,\n": ("line 1: unknown column ''", "choose among path, label"),
    "path,label\na.png,happy\nb.png\n": ("line 3: 1 cells for 2 columns", ""),
    "path,label\na.png,happy,sad\n": ("line 2: 3 cells for 2 columns", ""),
    "path,label\na.png,happy\n,sad\n": ("line 3: the path is empty", ""),
    "path,label\na.png,happy\nz.png,sad\n": ("line 3: there is no file z.png", ""),
    "path,label\na.png,happy\nsub,sad\n": ("line 3: there is no file sub", ""),
    "path,label\na.png,happy\nsub\\c.png,sad\n": ("line 3: there is no file sub\\c.png", "write / between folders"),
    "path,label\na.png,happy\n/etc/passwd,sad\n": ("line 3: /etc/passwd is absolute", "relative to the manifest"),
    "path,label\na.png,happy\n../x.png,sad\n": (
        "line 3: ../x.png leads out of the manifest's folder",
        "that holds all",
    ),
    "path,label\na.png,happy\nsub/../../x.png,sad\n": ("line 3: sub/../../x.png leads out of the manifest's", ""),
    "path,label\na.png,happy\nb\0.png,sad\n": ("line 3: there is no file b", ""),
    f"path,label\na.png,happy\n{'x' * 5000},sad\n": ("line 3: there is no file xxx", ""),
    "path,label\na.png,happy\nb.png,sad\na.png,happy\n": ("line 4: a.png stands in line 2 already", ""),
    "path,label\na.png,happy\nb.png,sad\n\nsub/../a.png,sad\n": ("line 5: sub/../a.png stands in line 2", ""),
    "path,label,frame\na.png,happy,0\nb.png,sad,two\n": ("line 3: frame is 'two'", "whole number"),
    "path,label,frame\na.png,happy,0\nb.png,sad,\n": ("line 3: frame is ''", "or empty in every line"),
    "path,label,frame\na.png,happy,0\nb.png,sad,-1\n": ("line 3: frame is '-1'", ""),
    "path,label,frame\na.png,happy,0\nb.png,sad,1.0\n": ("line 3: frame is '1.0'", ""),
    f"path,label,frame\na.png,happy,0\nb.png,sad,{'9' * 5000}\n": ("line 3: frame is '9999", ""),
    "path,label,split\na.png,happy,train\nb.png,sad,exam\n": ("line 3: split 'exam' is none of train", ""),
    'path,label\na.png,"happy\nb.png,sad\n': ("", "every label here is happy"),  # the rest is one cell
    "path,label\n" + "x" * 200_000 + ",sad\n": ("line 2: this is not a table", ""),
    "x" * 200_000: ("line 1: this is not a table", ""),
    "path,label\na.png,happy\nmanifest.csv,sad\n": ("", "this is no image"),
}


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
def test_a_fault_is_named_with_file_and_line(refused, root, text):
    begin, within = FAULTS[text]
    message = refused(text)
    assert str(root) in message
    assert begin in message
    assert within in message
    if begin.startswith("line"):
        assert message.startswith(f"{root / 'manifest.csv'}, {begin}")


def test_a_word_that_the_labels_lack_is_named_with_its_line(refused, root):
    message = refused("path,label\na.png,1\nb.png,2\n", labels={"1": "happy", "3": "sad"})
    assert message.startswith(f"{root / 'manifest.csv'}, line 3: label '2' is not in data.faces.labels: 1, 3")


def test_another_encoding_than_utf_8_is_named_with_its_line(refused, root):
    message = refused("path,label\na.png,happy\nb.png,traurig \xe4\n".encode("latin-1"))
    assert message == f"{root / 'manifest.csv'}, line 3: this is not UTF-8 text; save the table as UTF-8"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_an_encoding_that_a_mark_names_is_read(read, encoding):
    faces = read("path,label\r\na.png,happy\r\nb.png,\xe4hnlich\r\n".encode(encoding))
    assert faces.class_names == ("happy", "\xe4hnlich")


def test_a_manifest_that_is_a_folder_or_is_not_there(refused, root):
    (root / "manifest.csv").mkdir()
    assert refused().startswith(f"{root / 'manifest.csv'}: this is a folder")
    assert refused(manifest="gone.csv").startswith(f"{root / 'gone.csv'}: there is no such file")


def test_images_that_are_cut_off_are_named(refused, root):
    content = (root / "a.png").read_bytes()
    for cut in (b"", content[:30], content[: len(content) // 2]):
        (root / "b.png").write_bytes(cut)
        assert refused("path,label\na.png,happy\nb.png,sad\n").startswith(f"{root / 'b.png'}: this is no image")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=300) | st.text(max_size=100).map(lambda text: f"path,label\n{text}".encode()))
def test_garbage_is_refused_in_one_clear_error(refused, root, content):
    assert str(root) in refused(content)


def test_a_manifest_that_may_not_be_read_is_named(refused, root, monkeypatch):
    def forbid(path, *arguments, **options):
        raise PermissionError(13, "Permission denied", str(path))

    (root / "manifest.csv").write_text("path,label\na.png,happy\n")
    monkeypatch.setattr("pathlib.Path.open", forbid)
    assert refused() == f"{root / 'manifest.csv'}: this cannot be read (Permission denied)"
