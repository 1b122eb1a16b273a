"""The penalties on the last linear layers and on maps that are alike, by numbers worked out by hand."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fer_lightning.data.inputs import Batch, InputSpec
from fer_lightning.errors import FerError
from fer_lightning.nets.frr_cnn import FrrCnn
from fer_lightning.training.classifier import Classifier
from fer_lightning.training.penalties import MapDivergence, WeightPenalty, map_similarity


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


class Kept(nn.Module):
    """A net that keeps these maps."""

    def __init__(self, *maps: torch.Tensor) -> None:
        super().__init__()
        self.maps = list(maps)


ROWS = torch.tensor([[3.0, 3.0], [0.0, 0.0]])
COLUMNS = torch.tensor([[2.0, 0.0], [2.0, 0.0]])
BELOW = torch.tensor([[0.0, 0.0], [1.0, 1.0]])


@pytest.mark.parametrize(
    ("maps", "expected"),
    [
        ([ROWS, ROWS], 1.0),
        ([ROWS, 7 * ROWS], 1.0),  # strength is no difference
        ([ROWS, -ROWS], 1.0),
        ([ROWS, BELOW], 0.0),
        ([ROWS, COLUMNS], 0.25),  # they share one of two places each: a cosine of a half
        ([ROWS, COLUMNS, BELOW], (0.25 + 0.0 + 0.25) / 3),
        ([ROWS, 0 * ROWS], 0.0),
    ],
)
def test_how_alike_maps_are(maps, expected):
    x = torch.stack(maps)[None]
    assert map_similarity(x).item() == pytest.approx(expected, abs=1e-6)
    assert map_similarity(x.to(memory_format=torch.channels_last)).item() == pytest.approx(expected, abs=1e-6)
    assert map_similarity(x.bfloat16()).item() == pytest.approx(expected, abs=1e-2)


def test_likeness_is_averaged_over_images_and_layers():
    first = torch.stack([torch.stack([ROWS, ROWS]), torch.stack([ROWS, BELOW])])  # 1 and 0
    second = torch.stack([ROWS, COLUMNS])[None]  # 0.25
    assert MapDivergence(2.0)(Kept(first, second)).item() == pytest.approx(2 * (0.5 + 0.25) / 2)


def test_its_gradient_is_the_numerical_one_and_a_map_of_zeros_has_none():
    maps = torch.randn(2, 3, 4, 5, generator=torch.Generator().manual_seed(0)).requires_grad_()
    gradient = torch.autograd.grad(map_similarity(maps), maps)[0]
    way = torch.randn(maps.shape, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        numerical = (map_similarity(maps + 0.01 * way) - map_similarity(maps - 0.01 * way)) / 0.02
    assert (gradient * way).sum().item() == pytest.approx(numerical.item(), rel=1e-2)
    dead = torch.stack([ROWS, 0 * ROWS])[None].requires_grad_()
    assert torch.equal(torch.autograd.grad(map_similarity(dead), dead)[0], torch.zeros(1, 2, 2, 2))


def test_a_step_down_it_drives_the_kernels_of_a_net_apart():
    torch.manual_seed(0)
    net, penalty = FrrCnn(3, size=8, widths=(3, 4), hidden=4), MapDivergence(1.0)
    x = torch.randn(4, 1, 8, 8)
    net(x)
    before = penalty(net)
    before.backward()
    kernels = [part for name, part in net.named_parameters() if name.startswith("features")]
    assert all(part.grad.abs().max() > 0 for part in kernels)
    with torch.no_grad():
        for part in kernels:
            part -= 0.1 * part.grad
    net(x)
    assert penalty(net) < before - 1e-3


def test_a_net_without_maps_and_an_impossible_strength_are_told():
    with pytest.raises(FerError, match=r"model\.penalty: Linear keeps no maps .* model\.penalty=null"):
        MapDivergence(1.0)(nn.Linear(1, 1))
    with pytest.raises(FerError, match=r"model\.penalty: FrrCnn keeps no maps"):
        MapDivergence(1.0)(FrrCnn(3, size=8, widths=(3, 4)).eval())
    with pytest.raises(FerError, match=r"model\.penalty\.strength=-1: choose 0 or more"):
        MapDivergence(-1)
