"""The penalty on the last linear layers, by numbers worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fer_lightning.data.inputs import Batch, InputSpec
from fer_lightning.errors import FerError
from fer_lightning.training.classifier import Classifier
from fer_lightning.training.penalties import WeightPenalty


@pytest.fixture
def net():
    """Three linear layers whose squared weights sum to 6, 8 and 27; their biases would add."""
    layers = [nn.Linear(2, 3), nn.Linear(1, 2), nn.Linear(1, 3)]
    for layer, value in zip(layers, (1.0, 2.0, 3.0), strict=True):
        nn.init.constant_(layer.weight, value)
        nn.init.constant_(layer.bias, 100.0)
    return nn.Sequential(*layers)


@pytest.mark.parametrize(("layers", "expected"), [(1, 2.7), (2, 3.5), (3, 4.1)])
def test_the_squares_of_the_last_layers(net, layers, expected):
    assert WeightPenalty(0.1, layers)(net).item() == pytest.approx(expected)


def test_its_gradient_is_twice_the_weight(net):
    WeightPenalty(0.5)(net).backward()
    assert net[0].weight.grad is None
    torch.testing.assert_close(net[1].weight.grad, net[1].weight.detach())
    assert net[1].bias.grad is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strength": -0.1}, r"model\.penalty\.strength=-0\.1: choose 0 or more"),
        ({"strength": 1.0, "linear_layers": 0}, r"model\.penalty\.linear_layers=0: choose 1 or more"),
    ],
)
def test_impossible_values_are_refused(wrong, message):
    with pytest.raises(FerError, match=message):
        WeightPenalty(**wrong)


def test_a_net_with_fewer_linear_layers_is_told(net):
    with pytest.raises(FerError, match=r"model\.penalty\.linear_layers=4: the net has 3 linear layers"):
        WeightPenalty(1.0, 4)(net)


def test_a_classifier_trains_on_the_sum_and_logs_the_loss_alone():
    torch.manual_seed(0)
    linear = nn.Linear(16, 3)
    module = Classifier(
        nn.Sequential(nn.Flatten(), linear),
        nn.CrossEntropyLoss(),
        torch.optim.SGD,
        None,
        ("angry", "happy", "sad"),
        InputSpec(size=4),
        penalty=WeightPenalty(0.5, linear_layers=1),
    )
    batch = Batch(torch.full((2, 1, 4, 4), 51, dtype=torch.uint8), torch.tensor([0, 2]), torch.arange(2))
    total = module.training_step(batch, 0)
    alone = nn.CrossEntropyLoss()(module(batch.image), batch.label)
    squares = 0.5 * linear.weight.square().sum()
    torch.testing.assert_close(total, alone + squares)
    assert module.stage_metrics("train").compute()["loss"] == pytest.approx(alone.item(), rel=1e-6)
