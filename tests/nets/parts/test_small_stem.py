"""Nets whose stem cannot be changed say so."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.small_stem import keep_resolution


@pytest.mark.parametrize("first_conv", [None, "absent", "1", ("0", "1")])
def test_without_a_first_convolution_it_is_an_error(first_conv):
    with pytest.raises(FerError, match=r"model\.net\.small_stem=false"):
        keep_resolution(nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU()), "strange_net", first_conv)


@pytest.mark.parametrize(("kernel", "side"), [(1, 20), (3, 20), (7, 20), (4, 21), (2, 21)])
def test_any_kernel_keeps_the_side(kernel, side):
    net = nn.Sequential(nn.Conv2d(1, 2, kernel, stride=2))
    keep_resolution(net, "net", "0")
    assert net(torch.zeros(1, 1, 20, 20)).shape == (1, 2, side, side)


def test_parallel_first_convolutions_change_together():
    net = nn.ModuleDict({"wide": nn.Conv2d(1, 2, 3, 2, 1), "point": nn.Conv2d(1, 2, 1, 2)})
    keep_resolution(net, "net", ("wide", "point"))
    x = torch.zeros(1, 1, 20, 20)
    assert net["wide"](x).shape == net["point"](x).shape == (1, 2, 20, 20)


def test_a_pool_behind_a_stride_1_convolution_stays():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv, self.maxpool = nn.Conv2d(1, 2, 3, padding=1), nn.MaxPool2d(2)

    net = Net()
    keep_resolution(net, "net", "conv")
    assert isinstance(net.maxpool, nn.MaxPool2d)
