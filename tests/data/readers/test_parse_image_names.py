"""Images whose names must say something are listed, or the one that says nothing is named."""

from __future__ import annotations

import re

import pytest

from fer_lightning.data.readers.image_files import parse_image_names
from fer_lightning.errors import FerError

PATTERN = re.compile(r"([a-z]+)-([0-9]+)", re.IGNORECASE)


def touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def listed(root):
    return [
        (image.path.relative_to(root).as_posix(), *image.parts) for image in parse_image_names(root, PATTERN, "ann-1")
    ]


def test_parts_of_names_in_every_folder_sorted_by_path(tmp_path):
    touch(
        tmp_path, "deep/er/bob-2.PNG", "ann-10.tif", "ann-9.jpg", "README", "notes.txt", ".hidden.png", "deep/._x.png"
    )
    assert listed(tmp_path) == [
        ("ann-10.tif", "ANN", "10"),
        ("ann-9.jpg", "ANN", "9"),
        ("deep/er/bob-2.PNG", "BOB", "2"),
    ]


def test_a_folder_without_images_is_an_empty_list(tmp_path):
    assert listed(tmp_path) == []


@pytest.mark.parametrize("name", ["ann.png", "x/ann-1-2.png", "ann-1.png.png", "ann-\u0663.png"])
def test_another_name_is_refused(tmp_path, name):
    touch(tmp_path, "ann-1.png", name)
    with pytest.raises(FerError, match=re.escape(f"{tmp_path / name}: images here are called like ann-1")):
        listed(tmp_path)


@pytest.mark.parametrize("name", ["x/ann-1.png", "ann-1.tiff", "ANN-1.png"])
def test_an_image_that_stands_there_twice_is_refused_with_both_places(tmp_path, name):
    touch(tmp_path, "ann-1.png", name)
    with pytest.raises(FerError) as caught:
        listed(tmp_path)
    assert str(tmp_path / name) in str(caught.value)
    assert str(tmp_path / "ann-1.png") in str(caught.value)
    assert "the same image as" in str(caught.value)


def test_a_folder_called_like_an_image_is_refused(tmp_path):
    touch(tmp_path, "ann-1.png", "bob-2.png/cid-3.png")
    with pytest.raises(FerError, match=re.escape(f"{tmp_path / 'bob-2.png'}: a folder, where its name says an image")):
        listed(tmp_path)


def test_links_that_lead_nowhere_or_back_are_refused(tmp_path):
    touch(tmp_path, "a/ann-1.png")
    (tmp_path / "a" / "back").symlink_to(tmp_path)
    with pytest.raises(FerError, match="leads back"):
        listed(tmp_path)
    (tmp_path / "a" / "back").unlink()
    (tmp_path / "a" / "bob-2.png").symlink_to(tmp_path / "gone.png")
    with pytest.raises(FerError, match=r"bob-2\.png: this link leads to .*gone\.png, which is not there"):
        listed(tmp_path)
