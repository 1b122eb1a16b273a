"""Covers fer_lightning/nets/resnet.py; test_every_net.py does the rest, for the YAML is there."""

from __future__ import annotations

import pytest
import torch

from fer_lightning.errors import FerError
from fer_lightning.nets.resnet import BasicBlock, ResNet


def test_the_stem_halves_once_and_each_further_stage_again():
    net = ResNet(7).eval()
    with torch.no_grad():
        assert net.features[0](torch.zeros(1, 1, 48, 48)).shape == (1, 32, 48, 48)
        assert net.features[1](net.features[0](torch.zeros(1, 1, 48, 48))).shape == (1, 64, 24, 24)
        assert net.features(torch.zeros(1, 1, 48, 48)).shape == (1, 256, 6, 6)


def test_the_weights_are_those_that_the_widths_and_blocks_ask_for():
    # 3x3 convolutions and their batch normalisation, 2 numbers a channel
    stem = 9 * 32 + 2 * 32 + 9 * 32 * 64 + 2 * 64
    block = lambda a, b: 9 * a * b + 2 * b + 9 * b * b + 2 * b  # noqa: E731
    project = lambda a, b: a * b + 2 * b  # noqa: E731
    stages = [block(64, 64), block(64, 128) + project(64, 128), block(128, 128), block(128, 256) + project(128, 256)]
    expected = stem + sum(stages) + 256 * 7 + 7
    assert sum(p.numel() for p in ResNet(7).parameters()) == expected


def test_a_block_begins_as_its_shortcut():
    x = torch.rand(2, 8, 6, 6)
    with torch.no_grad():
        assert torch.equal(BasicBlock(8, 8).eval()(x), x)
        wider = BasicBlock(8, 16, stride=2).eval()
        torch.testing.assert_close(wider(x), wider.shortcut(x).relu())


def test_block_dropout_acts_in_training_and_leaves_the_names_of_the_weights():
    plain, dropping = BasicBlock(8, 8), BasicBlock(8, 8, dropout=0.5)
    assert plain.state_dict().keys() == dropping.state_dict().keys()
    assert ResNet(7).state_dict().keys() == ResNet(7, block_dropout=0.1).state_dict().keys()
    x = torch.rand(2, 8, 6, 6)
    torch.manual_seed(0)
    dropped = (dropping.residual[0](x) == 0).all(dim=3).all(dim=2)
    assert 0 < dropped.sum() < 16
    assert not (plain.residual[0](x) == 0).all(dim=3).all(dim=2).any()
    assert torch.equal(dropping.eval()(x), dropping(x))


@pytest.mark.parametrize("size", [32, 40, 64])
def test_the_net_takes_other_sizes_than_its_own(size):
    assert ResNet(7, size=48).eval()(torch.zeros(2, 1, size, size)).shape == (2, 7)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"widths": [64, 128], "blocks": [1]}, r"model\.net\.widths=\[64, 128\] and model\.net\.blocks=\[1\]"),
        ({"widths": [], "blocks": []}, "give both a number of 1 or more"),
        ({"widths": [8], "blocks": [0]}, "give both a number of 1 or more"),
        ({"block_dropout": 1.0}, r"model\.net\.block_dropout=1\.0: .* below 1"),
        ({"size": 7}, r"model\.input\.size=7: 3 stages halve it to nothing, choose 8 or more"),
    ],
)
def test_impossible_shapes(options, message):
    with pytest.raises(FerError, match=message):
        ResNet(7, **options)
