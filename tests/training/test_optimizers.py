"""Covers fer_lightning/training/optimizers.py, and every option of the group: it learns and is resumed."""

from __future__ import annotations

import copy
from functools import partial

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import nn

from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import conf_dir, list_options
from fer_lightning.training.optimizers import lookahead
from fer_lightning.training.schedules import Length, cosine, one_cycle


def factory(option):
    return instantiate(OmegaConf.load(conf_dir() / "optimizer" / f"{option}.yaml"), _convert_="all")


def problem():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(8, 16), nn.ReLU(), nn.Linear(16, 4))
    x = torch.randn(64, 8)
    return net, x, x[:, :4].argmax(dim=1)


def steps(net, optimizer, x, y, number, schedule=None):
    losses = []
    for _ in range(number):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        if schedule is not None:
            schedule.scheduler.step()
        losses.append(float(loss.detach()))
    return losses


@pytest.mark.parametrize("option", list_options("optimizer"))
def test_every_option_lowers_a_loss_under_a_schedule(option):
    net, x, y = problem()
    optimizer = factory(option)(net.parameters(), lr=0.05)
    losses = steps(net, optimizer, x, y, 60, cosine(optimizer, Length(60, 1)))
    assert losses[-1] < losses[0] / 2
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("option", list_options("optimizer"))
def test_every_option_goes_on_from_its_state(option):
    whole, x, y = problem()
    optimizer = factory(option)(whole.parameters(), lr=0.05)
    steps(whole, optimizer, x, y, 8)
    weights = {name: value.clone() for name, value in whole.state_dict().items()}
    state = copy.deepcopy(optimizer.state_dict())
    steps(whole, optimizer, x, y, 8)
    again = problem()[0]
    again.load_state_dict(weights)
    resumed = factory(option)(again.parameters(), lr=0.05)
    resumed.load_state_dict(state)
    steps(again, resumed, x, y, 8)
    for one, other in zip(whole.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)


def test_lookahead_by_hand():
    weight = nn.Parameter(torch.zeros(1))
    optimizer = lookahead([weight], base=torch.optim.SGD, lr=1.0, alpha=0.25, k=2)
    seen = []
    for _ in range(4):
        optimizer.zero_grad()
        (-weight).sum().backward()  # each step of SGD adds 1
        optimizer.step()
        seen.append(float(weight.detach()))
    # timm's slow weights begin where the first two steps ended
    assert seen == [1, 2, 3, 2.5]


def test_the_momentum_of_one_cycle_reaches_the_inner_optimizer():
    optimizer = lookahead([nn.Parameter(torch.zeros(1))], base=partial(torch.optim.SGD, momentum=0.9), lr=0.1)
    one_cycle(optimizer, Length(2, 5))
    assert optimizer._base_optimizer.param_groups[0]["momentum"] == pytest.approx(0.95)


@pytest.mark.parametrize(("wrong", "message"), [({"alpha": 0}, r"optimizer\.alpha=0"), ({"k": 0}, r"optimizer\.k=0")])
def test_values_out_of_range(wrong, message):
    with pytest.raises(FerError, match=message):
        lookahead([nn.Parameter(torch.zeros(1))], base=torch.optim.SGD, lr=0.1, **wrong)
