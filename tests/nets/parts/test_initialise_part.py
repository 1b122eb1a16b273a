"""Starting weights against the standard deviations that their formulas give."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from torch import nn

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.initialise import INITS, initialise
from fer_lightning.nets.parts.stn import SpatialTransformer

# a 3x3 convolution from 32 to 64 channels: fan_in 288, fan_out 576; uniform in +-a has std a / sqrt(3)
STD = {
    "msra": sqrt(2 / 288),
    "uniform": 1 / sqrt(288) / sqrt(3),
    "xavier": sqrt(6 / (288 + 576)) / sqrt(3),
    "gaussian_0.01": 0.01,
    "gaussian_0.001": 0.001,
}


@pytest.mark.parametrize("init", INITS)
def test_spread(init):
    torch.manual_seed(0)
    conv = nn.Conv2d(32, 64, 3)
    initialise(conv, init)
    assert conv.weight.std().item() == pytest.approx(STD[init], rel=0.03)
    assert conv.weight.mean().item() == pytest.approx(0, abs=0.03 * STD[init])


@pytest.mark.parametrize("init", ["uniform", "xavier"])
def test_uniform_choices_have_hard_limits(init):
    torch.manual_seed(0)
    conv = nn.Conv2d(32, 64, 3)
    initialise(conv, init)
    limit = STD[init] * sqrt(3)
    assert 0.99 * limit < conv.weight.abs().max().item() <= limit * (1 + 1e-6)


def test_gaussian_choices_have_gaussian_tails():
    torch.manual_seed(0)
    linear = nn.Linear(400, 400)
    initialise(linear, "msra")
    beyond = (linear.weight.abs() > 2 * sqrt(2 / 400)).float().mean().item()
    assert beyond == pytest.approx(0.0455, abs=0.003)  # outside two standard deviations


def test_biases_take_the_value_and_norms_stay():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(4, 2, bias=False))
    initialise(net, "msra", bias=0.25)
    assert (net[0].bias == 0.25).all()
    assert (net[1].weight == 1).all()
    assert (net[1].bias == 0).all()


@pytest.mark.parametrize("init", INITS)
def test_a_spatial_transformer_stays_the_identity(init):
    net = nn.Sequential(SpatialTransformer(1), nn.Conv2d(1, 4, 3))
    initialise(net, init, bias=1.0)
    x = torch.rand(2, 1, 24, 24)
    torch.testing.assert_close(net[0](x), x, rtol=0, atol=1e-5)


def test_an_unknown_name_is_refused():
    with pytest.raises(FerError, match=r"model\.net\.init=he: choose among msra"):
        initialise(nn.Linear(2, 2), "he")
