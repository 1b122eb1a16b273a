"""Class folders: what is no image or no expression is named, and nothing hangs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from fer_lightning.data.readers import fer2013
from fer_lightning.data.readers.fer2013 import find_split_folders, list_class_images, make_ids, read_grey


@pytest.fixture
def root(tmp_path, pixels) -> Path:
    """train/happy and test/sad with two images each."""
    for number, folder in enumerate(["train/happy", "train/happy", "test/sad", "test/sad"]):
        (tmp_path / "faces" / folder).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / "faces" / folder / f"{number}.png"), pixels[number])
    return tmp_path / "faces"


def test_images_are_found_in_the_order_of_their_paths(root, pixels):
    found = list_class_images(find_split_folders(root), root)
    assert make_ids(found, root).tolist() == [
        "train/happy/0.png",
        "train/happy/1.png",
        "test/sad/2.png",
        "test/sad/3.png",
    ]
    assert [(image.side, image.expression) for image in found] == [("train", "happy")] * 2 + [("test", "sad")] * 2
    assert np.array_equal(read_grey([image.path for image in found], 48, root), pixels)


def test_colour_files_become_grey_by_the_usual_weights(tmp_path):
    # OpenCV files are blue, green, red: 0.114 * 200 + 0.587 * 100 + 0.299 * 50 = 96.45
    cv2.imwrite(str(tmp_path / "colour.png"), np.full((48, 48, 3), (200, 100, 50), dtype=np.uint8))
    assert set(read_grey([tmp_path / "colour.png"], 48, tmp_path).ravel().tolist()) == {96}


def test_an_image_of_another_size_is_named(root, pixels, refused):
    cv2.imwrite(str(root / "test" / "sad" / "3.png"), np.zeros((40, 50), dtype=np.uint8))
    assert "test/sad/3.png: 50x40 pixels, this data set has 48x48" in refused(root)


@pytest.mark.parametrize("content", [b"", b"hello", "half"])
def test_an_unreadable_image_is_named(root, content, refused):
    path = root / "train" / "happy" / "1.png"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] if content == "half" else content)
    assert "train/happy/1.png: this is no image that can be read, or it is cut off" in refused(root)


def test_a_class_that_is_no_expression_is_named(root, refused):
    (root / "train" / "smug").mkdir()
    message = refused(root)
    assert "train/smug: 'smug' is not an expression: choose among angry" in message


def test_an_expression_that_fer2013_lacks_is_named(root, pixels, refused):
    (root / "test" / "contempt").mkdir()
    cv2.imwrite(str(root / "test" / "contempt" / "x.png"), pixels[0])
    assert "test/contempt: FER2013 has no class 'contempt'" in refused(root)


@pytest.mark.parametrize("split", ["train", "test"])
def test_a_split_without_images_is_named(root, split, refused):
    for image in (root / split).rglob("*.png"):
        image.write_text("no image")
        image.rename(image.with_suffix(".txt"))
    message = refused(root)
    assert f"faces/{split}: no image in its class folders (" in message
    assert ".jpg" in message


def test_links_to_themselves_do_not_hang(root, refused):
    (root / "train" / "fear").symlink_to(root / "train" / "fear")
    assert len(fer2013.read(root, root.parent / "cache")) == 4
    (root / "train" / "happy" / "again").symlink_to(root / "train", target_is_directory=True)
    assert "train/happy/again: this link leads back" in refused(root)
    (root / "train" / "happy" / "again").unlink()
    (root / "train" / "happy" / "loop.png").symlink_to(root / "train" / "happy" / "loop.png")
    assert "train/happy/loop.png: this link leads to" in refused(root)


def test_images_elsewhere_are_counted_and_named_and_every_format_is_read(root, pixels, caplog):
    for place in ("train/loose.png", "test/sad/deep/x.png", "train/happy/notes"):
        (root / place).parent.mkdir(exist_ok=True)
        (root / place).write_bytes((root / "train" / "happy" / "0.png").read_bytes() if place[-1] == "g" else b"text")
    for row, name in ((0, "x.gif"), (1, "y.webp"), (2, "z")):
        picture = Image.fromarray(pixels[row])
        picture.save(root / "train" / "happy" / name, {"z": "PNG"}.get(name), lossless=True)
    with caplog.at_level("WARNING", logger="fer_lightning.data.readers.image_files"):
        faces = fer2013.read(root, root.parent / "cache")
    assert faces.ids.tolist()[2:5] == [f"train/happy/{name}" for name in ("x.gif", "y.webp", "z")]
    assert np.array_equal(faces.pixels[2:5], pixels[:3])
    (message,) = [message for message in caplog.messages if "skipped" in message]
    assert message == (
        f"{root}: 3 files skipped, no images at <side>/<class>/<file>: "
        "train/happy/notes, train/loose.png, test/sad/deep/x.png"
    )


def test_a_split_that_is_a_link_to_itself_is_absent(tmp_path, refused):
    for split in ("train", "test"):
        (tmp_path / split).symlink_to(tmp_path / split)
    assert "no FER2013 here" in refused(tmp_path)


def test_a_class_folder_that_links_back_to_its_parents_is_refused(root, refused):
    (root / "train" / "loop").symlink_to(root, target_is_directory=True)
    assert "'loop' is not an expression" in refused(root)


def test_a_replaced_image_is_read_anew(root, pixels):
    first = fer2013.read(root, root.parent / "cache")
    cv2.imwrite(str(root / "test" / "sad" / "3.png"), pixels[0])
    again = fer2013.read(root, root.parent / "cache")
    assert first.fingerprint != again.fingerprint
    assert np.array_equal(again.pixels[3], pixels[0])
