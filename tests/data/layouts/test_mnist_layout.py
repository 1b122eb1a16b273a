"""MNIST as drawn for the tests is what torchvision reads, and its digits can be told apart."""

from __future__ import annotations

import numpy as np
import pytest

from tests.layouts.mnist import write_mnist


@pytest.fixture
def sides(tmp_path):
    from torchvision.datasets import MNIST

    root = write_mnist(tmp_path / "mnist", train=100, test=30, seed=1)
    return [MNIST(root, train=train) for train in (True, False)]


def test_torchvision_reads_it(sides):
    for side, count in zip(sides, (100, 30), strict=True):
        assert side.data.shape == (count, 28, 28)
        assert side.targets.tolist() == [number % 10 for number in range(count)]


def test_digits_differ_from_each_other_and_are_told_apart_by_the_nearest(sides):
    train, test = (side.data.numpy().reshape(len(side), -1).astype(float) for side in sides)
    assert len(np.unique(train, axis=0)) > 90
    nearest = np.linalg.norm(test[:, None] - train[None], axis=2).argmin(axis=1)
    assert (nearest % 10 == np.arange(30) % 10).mean() > 0.8


def test_a_digit_stands_whole_inside_its_image(sides):
    images = sides[0].data.numpy()
    assert (images[:, [0, -1]].max(), images[:, :, [0, -1]].max()) == (0, 0)
    assert images.reshape(100, -1).max(axis=1).min() > 200


def test_the_seed_decides(tmp_path):
    first, again, other = (write_mnist(tmp_path / str(number), 10, 10, seed) for number, seed in enumerate((0, 0, 1)))
    name = "MNIST/raw/train-images-idx3-ubyte"
    assert (first / name).read_bytes() == (again / name).read_bytes() != (other / name).read_bytes()
