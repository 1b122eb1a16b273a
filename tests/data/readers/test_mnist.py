"""MNIST as torchvision reads it, upright and turned; damaged files are one error."""

from __future__ import annotations

import gzip

import numpy as np
import pytest
from scipy import ndimage
from support import REAL_DATA

from fer_lightning.data.protocols import Request, apply_protocol
from fer_lightning.data.readers import mnist
from fer_lightning.errors import FerError
from tests.layouts.mnist import write_mnist

FILES = [f"{start}-{kind}" for start in ("train", "t10k") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]


@pytest.fixture
def root(tmp_path):
    return write_mnist(tmp_path / "mnist", train=60, test=20)


@pytest.fixture
def refused(root, tmp_path):
    """A function that gives the one message with which the files are refused; nothing may stay in the cache."""

    def refuse(**settings):
        with pytest.raises(FerError) as caught:
            mnist.read(root, tmp_path / "cache", **settings)
        cache = tmp_path / "cache"
        assert not cache.exists() or [path for path in cache.iterdir() if path.suffix != ".lock"] == []
        return str(caught.value)

    return refuse


def test_digits_are_those_that_torchvision_reads(root, tmp_path):
    from torchvision.datasets import MNIST

    faces = mnist.read(root, tmp_path / "cache")
    sides = [MNIST(root, train=train) for train in (True, False)]
    assert np.array_equal(faces.pixels, np.concatenate([side.data.numpy() for side in sides]))
    assert faces.label.tolist() == [int(label) for side in sides for label in side.targets]
    assert faces.class_names == tuple("0123456789")
    assert faces.split.tolist() == ["train"] * 60 + ["test"] * 20
    assert faces.ids[[0, 59, 60]].tolist() == ["train/00000", "train/00059", "test/00000"]
    assert mnist.official_counts(faces)["train"]["1"] == 6742


def test_old_copies_of_torchvision_do_not_come_before_the_files(root, tmp_path):
    import torch

    (root / "MNIST" / "processed").mkdir()
    for name in ("training.pt", "test.pt"):
        torch.save((torch.zeros(1, 28, 28, dtype=torch.uint8), torch.zeros(1)), root / "MNIST" / "processed" / name)
    assert len(mnist.read(root, tmp_path / "cache")) == 80


def test_the_official_protocol_cuts_its_validation_out_of_train(root, tmp_path):
    faces = mnist.read(root, tmp_path / "cache")
    protocol = apply_protocol(faces, "official", Request())
    assert set(faces.split[protocol.test]) == {"test"}
    assert set(faces.split[protocol.val]) == set(faces.split[protocol.train]) == {"train"}
    assert (len(protocol.train) + len(protocol.val), len(protocol.test)) == (60, 20)


def angle_back(upright, turned):
    """By which angle, of whole degrees, SciPy must turn a digit to get the other."""
    tried = range(-45, 46)
    errors = [np.abs(ndimage.rotate(upright, a, reshape=False, order=1).astype(int) - turned).sum() for a in tried]
    return tried[int(np.argmin(errors))]


def test_each_digit_is_turned_by_its_own_angle(root, tmp_path):
    upright = mnist.read(root, tmp_path / "cache")
    turned = mnist.read(root, tmp_path / "cache", rotate=40.0, seed=3)
    assert turned.pixels.shape == (80, 28, 28)
    drawn = np.random.RandomState(3).uniform(-40, 40, 80)
    for row in range(0, 80, 9):  # SciPy turns counter-clockwise too
        assert abs(angle_back(upright.pixels[row], turned.pixels[row]) - drawn[row]) <= 2
    assert np.array_equal(turned.label, upright.label)
    assert turned.fingerprint != upright.fingerprint
    corners = turned.pixels[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    assert corners.max() == 0


def test_a_half_turn_by_hand(root):
    image = np.arange(784, dtype=np.uint16).reshape(28, 28).astype(np.uint8)
    assert np.array_equal(mnist._rotate(image, 90.0), np.rot90(image))
    assert np.array_equal(mnist._rotate(image, 180.0), image[::-1, ::-1])


def test_the_same_seed_turns_alike_and_another_otherwise(root, tmp_path):
    first, again, other = (
        mnist.read(root, tmp_path / place, rotate=30.0, seed=seed) for place, seed in (("a", 0), ("b", 0), ("c", 1))
    )
    assert np.array_equal(first.pixels, again.pixels)
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert not np.array_equal(first.pixels, other.pixels)


def test_without_turning_the_seed_changes_nothing(root, tmp_path):
    first, other = (mnist.read(root, tmp_path / "cache", seed=seed) for seed in (0, 1))
    assert first.fingerprint == other.fingerprint


@pytest.mark.parametrize("rotate", [-1.0, 181.0, float("nan"), float("inf")])
def test_an_angle_outside_is_refused(refused, rotate):
    assert refused(rotate=rotate).startswith(f"data.faces.rotate={rotate}: choose 0 to 180")


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_outside_is_refused(refused, seed):
    assert refused(seed=seed).startswith(f"data.faces.seed={seed}: choose 0 to 4294967295")


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(root, refused, name):
    file = root / "MNIST" / "raw" / name
    content = file.read_bytes()
    file.unlink()
    assert refused().startswith(f"{file}: there is no such file")
    file.with_name(f"{name}.gz").write_bytes(gzip.compress(content))
    assert refused().endswith(f"unpack {name}.gz")
    file.mkdir()
    assert refused().startswith(f"{file}: there is no such file")


CUTS = {
    "empty": lambda content: b"",
    "two bytes": lambda content: content[:2],
    "half a head": lambda content: content[:6],
    "the head alone": lambda content: content[:16] if content[3] == 3 else content[:8],
    "one byte short": lambda content: content[:-1],
    "half": lambda content: content[: len(content) // 2],
    "one byte more": lambda content: content + b"\0",
    "letters": lambda content: b"<html>" * 99,
    "another kind": lambda content: content[:3] + bytes([4 - content[3]]) + content[4:],
    "another type": lambda content: content[:2] + b"\x0d" + content[3:],
    "packed": gzip.compress,
    "more promised": lambda content: content[:4] + b"\xff\xff\xff\xff" + content[8:],
    "no images": lambda content: content[:4] + b"\0\0\0\0" + (content[8:16] if content[3] == 3 else b""),
}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("cut", CUTS)
def test_a_damaged_file_is_named(root, refused, name, cut):
    file = root / "MNIST" / "raw" / name
    file.write_bytes(CUTS[cut](file.read_bytes()))
    message = refused()
    assert message.startswith(f"{file}: ")
    assert "download it again" in message
    assert len(message) < 400


def test_images_of_another_size_are_refused(root, refused):
    file = root / "MNIST" / "raw" / FILES[0]
    head = np.array([0x0803, 60, 14, 56], dtype=">u4").tobytes()
    file.write_bytes(head + file.read_bytes()[16:])
    assert refused().startswith(f"{file}: images of 14x56 pixels, MNIST has 28x28")


def test_labels_that_are_no_digits_or_too_few_are_refused(root, refused):
    file = root / "MNIST" / "raw" / FILES[3]
    content = file.read_bytes()
    file.write_bytes(content[:-1] + b"\x0a")
    assert refused() == f"{file}: label 10, a digit is 0 to 9"
    file.write_bytes(content[:7] + b"\x13" + content[8:-1])
    assert refused() == f"{file}: 19 labels for the 20 images of t10k-images-idx3-ubyte"


def test_an_absent_folder_is_told_where_the_files_go(tmp_path):
    with pytest.raises(FerError, match=r"MNIST/raw/train-images-idx3-ubyte: there is no such file.*FER_DATA=DIR"):
        mnist.read(tmp_path / "nowhere", tmp_path / "cache")


@pytest.mark.real_data
@pytest.mark.skipif(not (REAL_DATA / "mnist").is_dir(), reason="no real MNIST")
def test_the_real_digits_are_read_and_counted(real_data, tmp_path, caplog):
    import logging

    logging.getLogger("fer_lightning.data.readers.checks").setLevel(logging.WARNING)
    faces = mnist.read(real_data / "mnist", tmp_path / "cache")
    sizes = {side: int((faces.split == side).sum()) for side in ("train", "test")}
    assert len(faces) == sum(sizes.values())
    assert np.bincount(faces.label).min() > 0
    # digits are white on black and stand in the middle
    assert faces.pixels[:, 0].mean() < 1 < faces.pixels[:, 14].mean()
    assert len(caplog.messages) == (sizes != {"train": 60000, "test": 10000})
    turned = mnist.read(real_data / "mnist", tmp_path / "cache", rotate=45.0)
    assert abs(float(turned.pixels.mean()) - float(faces.pixels.mean())) < 1
