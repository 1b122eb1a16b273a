"""Images are found as they lie, by ending or content; what else lies there is counted and named."""

from __future__ import annotations

import os
import socket

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_lightning.data.readers.image_files import check_unique, list_images
from fer_lightning.errors import FerError

PICTURE = np.arange(30, dtype=np.uint8).reshape(6, 5)
PNG = cv2.imencode(".png", PICTURE)[1].tobytes()


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    for name in ("a.png", "b.png", "c.png"):
        (folder / name).write_bytes(PNG)
    return folder


def listed(root):
    return [path.relative_to(root).as_posix() for path in list_images(root)]


def test_every_format_and_files_without_an_ending_are_found(tmp_path, caplog):
    endings = ["bmp", "gif", "jfif", "jpe", "jpg", "JPEG", "jp2", "pgm", "png", "ppm", "tif", "tiff", "webp", "avif"]
    for ending in endings:
        kind = {"jfif": "JPEG", "jpe": "JPEG"}.get(ending)
        Image.fromarray(PICTURE).save(tmp_path / f"x.{ending}", kind)
    for name in ("0001", "subject01.happy"):  # as the Yale faces are called
        Image.fromarray(PICTURE).save(tmp_path / name, "GIF")
    assert sorted(listed(tmp_path)) == sorted([*(f"x.{ending}" for ending in endings), "0001", "subject01.happy"])
    assert caplog.messages == []


def test_other_files_are_counted_and_the_first_are_named(root, caplog):
    for name in ("readme", "x.heic", "sub/y.txt", "sub/z.svg", "empty", "t.db", "u.csv"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"" if name == "empty" else b"no picture at all")
    assert listed(root) == ["a.png", "b.png", "c.png"]
    (message,) = caplog.messages
    assert message == (
        f"{root}: 7 files skipped, not readable images: empty, readme, sub/y.txt, sub/z.svg, t.db and 2 more"
    )


def test_images_of_all_folders_are_found_in_the_order_of_their_paths_and_hidden_ones_passed_over(root):
    for name in ("sub/d.JPG", ".hidden/e.png", "._a.png", "sub/.ipynb_checkpoints/d.png", "sub/notes.txt"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    assert listed(root) == ["a.png", "b.png", "c.png", "sub/d.JPG"]


def test_links_to_images_and_to_folders_elsewhere_are_followed(root, tmp_path):
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "z.png").write_bytes(PNG)
    (root / "there").symlink_to(tmp_path / "away")
    (root / "y.png").symlink_to(tmp_path / "away" / "z.png")
    assert listed(root)[3:] == ["there/z.png", "y.png"]


@pytest.mark.parametrize("target", [".", ".."])
def test_a_link_that_leads_back_is_refused(root, target):
    (root / "sub").mkdir()
    (root / "sub" / "loop").symlink_to(target, target_is_directory=True)
    with pytest.raises(FerError, match=r"sub/loop: this link leads back to .*, a folder above it; remove it"):
        list_images(root)


def test_a_link_to_nowhere_is_refused(root):
    (root / "gone.png").symlink_to("nowhere.png")
    with pytest.raises(FerError, match=r"gone\.png: this link leads to nowhere\.png, which is not there"):
        list_images(root)


def test_a_folder_that_is_called_like_an_image_is_refused(root):
    (root / "odd.jpg").mkdir()
    with pytest.raises(FerError, match=r"odd\.jpg: a folder, where its name says an image"):
        list_images(root)


def test_a_folder_that_two_paths_lead_to_is_refused(root):
    (root / "real").mkdir()
    (root / "real" / "d.png").write_bytes(PNG)
    (root / "zlink").symlink_to(root / "real", target_is_directory=True)
    with pytest.raises(FerError, match=r"zlink: the same folder as .*/real, and its images would count twice; remove"):
        list_images(root)


def test_a_pipe_or_socket_called_like_an_image_is_refused_and_others_are_passed_over(root, caplog):
    os.mkfifo(root / "pipe")
    assert listed(root) == ["a.png", "b.png", "c.png"]
    assert "1 file skipped, not readable images: pipe" in caplog.text
    os.mkfifo(root / "pipe.png")
    with pytest.raises(FerError, match=r"pipe\.png: a pipe, socket or device, where its name says an image; remove it"):
        list_images(root)
    (root / "pipe.png").unlink()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(root / "socket.jpg"))  # such a path has 107 letters at most
        with pytest.raises(FerError, match=r"socket\.jpg: a pipe, socket or device"):
            list_images(root)


def test_one_name_at_two_files_is_refused_whatever_its_case(tmp_path):
    check_unique({tmp_path / "a": "x", tmp_path / "b": "y"})
    with pytest.raises(FerError, match=r"/b: the same image as .*/a; remove one of them"):
        check_unique({tmp_path / "a": "AF01", tmp_path / "b": "af01"})
