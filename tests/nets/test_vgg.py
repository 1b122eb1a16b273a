"""Covers fer_lightning/nets/vgg.py; test_every_net.py does the rest, for the YAML is there."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fer_lightning.errors import FerError
from fer_lightning.nets.vgg import Vgg


def test_each_block_halves_the_map_and_any_size_gives_logits():
    net = Vgg(7, widths=(4, 8, 16), convs=(1, 2, 1)).eval()
    with torch.no_grad():
        assert net.features(torch.zeros(1, 1, 48, 48)).shape == (1, 16, 6, 6)
        for size in (32, 40, 48, 64):
            assert net(torch.zeros(2, 1, size, size)).shape == (2, 7)


def test_the_weights_are_those_that_the_lists_ask_for():
    conv = lambda a, b: 9 * a * b + 2 * b  # noqa: E731  # a 3x3 convolution and its batch normalisation
    expected = conv(1, 4) + conv(4, 8) + conv(8, 8) + 8 * 7 + 7
    assert sum(p.numel() for p in Vgg(7, widths=(4, 8), convs=(1, 2)).parameters()) == expected


@pytest.mark.parametrize(("asked", "found"), [(0.1, [0.1, 0.1]), ([0.0, 0.3], [0.3]), (0, [])])
def test_dropout_lies_behind_the_blocks_that_have_some(asked, found):
    net = Vgg(7, widths=(4, 8), convs=(1, 1), block_dropout=asked)
    assert [part.p for part in net.features if isinstance(part, nn.Dropout2d)] == found


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"widths": [64, 128], "convs": [1]}, r"model\.net\.widths=\[64, 128\] and model\.net\.convs=\[1\]"),
        ({"widths": [], "convs": []}, "give both a number of 1 or more"),
        ({"widths": [8], "convs": [1], "block_dropout": 1.0}, r"model\.net\.block_dropout=1\.0: .* below 1"),
        ({"widths": [8], "convs": [1], "block_dropout": [0.1, 0.1]}, "or one for each of the 1 blocks"),
        ({"size": 15}, r"model\.input\.size=15: 4 blocks halve it to nothing, choose 16 or more"),
    ],
)
def test_impossible_shapes(options, message):
    with pytest.raises(FerError, match=message):
        Vgg(7, **options)
