"""The facts that paper A states about its networks, section 3."""

from __future__ import annotations

from math import sqrt

import pytest
import torch
from torch import nn

from fer_lightning.errors import FerError
from fer_lightning.nets.cnn import Cnn
from fer_lightning.nets.parts.conv import ConvBnRelu
from fer_lightning.nets.parts.inception import InceptionV2
from fer_lightning.nets.stn_cnn import StnCnn


def of(net: nn.Module, kind: type[nn.Module]) -> list:
    return [part for part in net.modules() if isinstance(part, kind)]


@pytest.fixture(params=["cnn", "stn_cnn"])
def cnn(request) -> Cnn:
    torch.manual_seed(0)
    return Cnn(7) if request.param == "cnn" else StnCnn(7).cnn


def test_five_convolutions_two_pools_two_inceptions_two_linear_one_dropout(cnn):
    standard = [part for part in cnn.features if isinstance(part, ConvBnRelu)]
    assert len(standard) == 5
    assert sorted(part[0].kernel_size for part in standard) == [(1, 1)] + [(3, 3)] * 4
    assert [type(layer) for layer in standard[0]] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    assert len(of(cnn, nn.MaxPool2d)) == 2
    assert len(of(cnn, InceptionV2)) == 2
    assert len(of(cnn, nn.Linear)) == 2
    assert [part.p for part in of(cnn, nn.Dropout)] == [0.5]


def test_every_convolution_is_normalised_and_none_is_5x5(cnn):
    convs = of(cnn, nn.Conv2d)
    assert len(convs) == 5 + 2 * 7  # an Inception v2 module has 1 + 2 + 3 + 1
    assert len(of(cnn, nn.BatchNorm2d)) == len(convs)
    assert {conv.kernel_size for conv in convs} == {(1, 1), (3, 3)}


def test_the_point_convolution_raises_the_channels(cnn):
    (point,) = [part[0] for part in cnn.features if isinstance(part, ConvBnRelu) and part[0].kernel_size == (1, 1)]
    assert point.out_channels > point.in_channels


def test_weights_start_as_msra_says(cnn):
    for layer in [*of(cnn, nn.Conv2d), *of(cnn, nn.Linear)]:
        if layer.weight.numel() > 10_000:
            wanted = sqrt(2 / layer.weight[0].numel())
            assert layer.weight.std().item() == pytest.approx(wanted, rel=0.03)
            assert layer.weight.mean().item() == pytest.approx(0, abs=0.03 * wanted)


def test_linear_biases_start_at_the_offset():
    assert all((layer.bias == 1).all() for layer in of(Cnn(7), nn.Linear))
    assert all((layer.bias == 0).all() for layer in of(Cnn(7, bias=0.0), nn.Linear))


def test_logits_leave_the_softmax_to_the_loss(cnn):
    with torch.no_grad():
        sums = cnn.eval()(torch.randn(8, 1, 32, 32)).sum(dim=1)
    assert not torch.allclose(sums, torch.ones(8), atol=0.05)


def test_dropout_works_in_training_only(cnn):
    for norm in of(cnn, nn.BatchNorm2d):
        norm.momentum = 0.0  # running means must not move between the two looks
    x = torch.randn(4, 1, 32, 32)
    with torch.no_grad():
        assert not torch.equal(cnn.train()(x), cnn(x))
        assert torch.equal(cnn.eval()(x), cnn(x))


@pytest.mark.parametrize("net", [Cnn, StnCnn])
def test_one_parameter_count_for_every_size(net):
    small, large = (sum(p.numel() for p in net(7, size=size).parameters()) for size in (16, 64))
    assert small == large
    assert 1_000_000 < small < 2_000_000
    assert net(7, size=37).eval()(torch.zeros(1, 1, 37, 37)).shape == (1, 7)


@pytest.mark.parametrize("net", [Cnn, StnCnn])
def test_errors_name_the_key(net):
    with pytest.raises(FerError, match=r"model\.input\.size=15"):
        net(7, size=15)
    with pytest.raises(FerError, match=r"model\.net\.width=0"):
        net(7, width=0)
    with pytest.raises(FerError, match=r"model\.net\.init=mrsa.*did you mean msra"):
        net(7, init="mrsa")


def test_the_transformer_starts_as_the_identity_in_front_of_the_same_cnn():
    torch.manual_seed(0)
    net = StnCnn(7, init="gaussian_0.01").eval()
    x = torch.randn(4, 1, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(net.stn(x), x, rtol=0, atol=1e-5)
        torch.testing.assert_close(net(x), net.cnn(x))
    assert {key: value.shape for key, value in net.cnn.state_dict().items()} == {
        key: value.shape for key, value in Cnn(7).state_dict().items()
    }


def test_the_localisation_net_follows_the_named_initialisation():
    torch.manual_seed(0)
    convs = of(StnCnn(7, init="gaussian_0.01").stn.localisation, nn.Conv2d)
    assert convs[1].weight.std().item() == pytest.approx(0.01, rel=0.05)


def test_the_warps_of_faces_can_differ_because_the_hidden_units_of_the_localisation_net_do(tiny_faces):
    x = torch.tensor(tiny_faces.pixels)[:, None, 8:40, 8:40].float()
    x = (x - x.mean()) / x.std()

    def share_that_differs(net: StnCnn) -> float:
        """The part of the mean squared hidden unit that is not common to all faces; SGD moves the warps by both."""
        with torch.no_grad():
            hidden = net.stn.localisation(x)
        return (hidden.var(dim=0).sum() / hidden.square().mean(dim=0).sum()).item()

    torch.manual_seed(0)
    ours = StnCnn(7)
    torch.manual_seed(0)
    biased = StnCnn(7, stn_bias=1.0)
    assert share_that_differs(biased) < 0.2
    assert share_that_differs(ours) > 2 * share_that_differs(biased)
    hidden = of(ours.stn.localisation, nn.Linear)[0]
    assert hidden.bias.abs().max() == 0
    assert of(ours.cnn, nn.Linear)[0].bias.min() == 1  # "the offset parameter is 1" of the fully connected layers
