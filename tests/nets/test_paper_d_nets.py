"""The facts that paper D states about its networks, section 4, and those of Deep-Emotion that it describes."""

from __future__ import annotations

import pytest
import torch
from skimage.feature import hog
from torch import nn

from fer_lightning.errors import FerError
from fer_lightning.nets.attentional_cnn import AttentionalCnn
from fer_lightning.nets.depth_cnn import DepthCnn
from fer_lightning.nets.hog_cnn import HogCnn, hog_values
from fer_lightning.nets.parts.stn import SpatialTransformer

DEEP_EMOTION = {"widths": (10, 10, 10, 10), "hidden": 50, "norm": "fourth", "padded": False}


def of(net: nn.Module, kind: type[nn.Module]) -> list:
    return [part for part in net.modules() if isinstance(part, kind)]


def kinds(net: nn.Module) -> list[str]:
    return [type(part).__name__ for part in net]


def test_four_convolutions_each_two_followed_by_pool_and_relu_then_dropout_and_two_linear_layers():
    net = AttentionalCnn(7, norm="none")
    pair = ["Conv2d", "ReLU", "Conv2d", "MaxPool2d", "ReLU"]
    assert kinds(net.features) == pair * 2
    assert kinds(net.classify) == ["Flatten", "Dropout", "Linear", "ReLU", "Linear"]


def test_the_localisation_net_has_two_convolutions_each_with_pool_and_relu_and_two_linear_layers():
    stn = AttentionalCnn(7).stn
    assert kinds(stn.localisation) == ["Conv2d", "MaxPool2d", "ReLU"] * 2 + ["Flatten", "Linear", "ReLU"]
    assert stn.affine.out_features == 6


def test_deep_emotions_sizes():
    net = AttentionalCnn(7, **DEEP_EMOTION)
    convolutions = [(conv.out_channels, conv.kernel_size[0]) for conv in of(net, nn.Conv2d)]
    assert convolutions == [(8, 7), (10, 5), (10, 3), (10, 3), (10, 3), (10, 3)]
    linear = [(part.in_features, part.out_features) for part in of(net, nn.Linear)]
    assert linear == [(640, 32), (32, 6), (810, 50), (50, 7)]
    assert [index for index, part in enumerate(net.features) if isinstance(part, nn.BatchNorm2d)] == [8]


def test_the_face_is_seen_as_it_is_at_first():
    x = torch.rand(2, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(AttentionalCnn(7).stn(x), x, rtol=0, atol=1e-5)


def test_without_attention_the_rest_is_the_same():
    torch.manual_seed(0)
    net = AttentionalCnn(7, attention=False)
    assert not of(net, SpatialTransformer)
    assert len(of(net, nn.Conv2d)) == 4


@pytest.mark.parametrize(("norm", "count"), [("every", 4), ("fourth", 1), ("none", 0)])
def test_a_convolution_has_a_bias_where_no_normalisation_would_take_it_away(norm, count):
    net = AttentionalCnn(7, norm=norm)
    assert len(of(net.features, nn.BatchNorm2d)) == count
    assert sum(conv.bias is None for conv in of(net.features, nn.Conv2d)) == count


@pytest.mark.parametrize("size", [18, 22, 48])
def test_the_smallest_size_is_as_the_message_says(size):
    assert AttentionalCnn(7, size=size).eval()(torch.zeros(1, 1, size, size)).shape == (1, 7)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 17}, r"model\.input\.size=17: .* choose 18 or more"),
        ({"widths": (8, 8)}, r"model\.net\.widths=\[8, 8\]: .* four widths"),
        ({"widths": (8, 8, 8, 0)}, r"model\.net\.widths"),
        ({"norm": "evry"}, r"model\.net\.norm=evry: choose among .*every"),
        ({"size": 3, "attention": False}, r"model\.input\.size=3: two pools leave nothing"),
    ],
)
def test_an_impossible_attentional_net_is_refused(wrong, message):
    with pytest.raises(FerError, match=message):
        AttentionalCnn(7, **wrong)


@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("depth", [2, 3, 4, 8, 10, 12, 16])
def test_depth_changes_the_number_of_convolutions_alone(depth, attention):
    shallow, net = (DepthCnn(7, depth=number, stages=2, width=4, attention=attention) for number in (2, depth))
    assert len(of(net.features, nn.Conv2d)) == len(of(net.features, nn.BatchNorm2d)) == depth
    assert len(of(net.features, nn.MaxPool2d)) == 2
    assert {conv.out_channels for conv in of(net.features, nn.Conv2d)} == {4, 8}
    for part in ("stn", "classify"):
        shapes = [[p.shape for p in getattr(one, part).parameters()] for one in (shallow, net)]
        assert shapes[0] == shapes[1]
    assert net.eval()(torch.zeros(1, 1, 48, 48)).shape == (1, 7)


def test_attention_is_the_transformer_of_the_attentional_net_in_front_of_the_same_net():
    net = DepthCnn(7, stages=2, width=4, attention=True)
    assert str(net.stn) == str(AttentionalCnn(7).stn)
    plain = DepthCnn(7, stages=2, width=4)
    assert {**plain.state_dict()}.keys() == {key for key in net.state_dict() if not key.startswith("stn.")}
    x = torch.rand(2, 1, 48, 48, generator=torch.Generator().manual_seed(0))
    nn.init.normal_(net.stn.affine.weight)
    with torch.no_grad():
        net.eval()
        warped = net.stn(x)
        assert not torch.allclose(warped, x, atol=0.01)
        torch.testing.assert_close(net(x), net.classify(net.features(warped)))


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 5, 9])
def test_a_net_saved_before_stages_existed_keeps_up_to_four(depth):
    net = DepthCnn(7, depth=depth, width=4)
    assert len(of(net, nn.MaxPool2d)) == min(depth, 4)


def test_later_stages_take_the_convolutions_that_do_not_come_out_even():
    widths = [conv.out_channels for conv in of(DepthCnn(7, depth=6, width=4), nn.Conv2d)]
    assert widths == [4, 8, 16, 16, 32, 32]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"depth": 0}, r"model\.net\.depth=0: choose 1"),
        ({"size": 8}, r"model\.input\.size=8: 4 pools .* choose 16"),
        ({"depth": 3, "stages": 4}, r"model\.net\.stages=4: .* choose 1 to model\.net\.depth=3"),
        ({"stages": 0}, r"model\.net\.stages=0: .* choose 1"),
        ({"size": 17, "attention": True}, r"model\.input\.size=17: .* choose 18 or more"),
        ({"attention": True, "stn_padding": "black"}, r"'black': choose among border"),
    ],
)
def test_an_impossible_depth_is_refused(wrong, message):
    with pytest.raises(FerError, match=message):
        DepthCnn(7, **wrong)


@pytest.mark.parametrize(("size", "orientations", "cell", "block"), [(48, 9, 8, 2), (32, 8, 6, 3), (50, 9, 16, 1)])
def test_the_net_counts_the_descriptors_values_as_scikit_image_does(size, orientations, cell, block):
    given = hog(
        torch.rand(size, size, generator=torch.Generator().manual_seed(0)).numpy(),
        orientations,
        (cell, cell),
        (block, block),
    )
    assert hog_values(size, orientations, cell, block) == len(given)


def test_the_descriptor_reaches_the_logits_through_the_linear_layers_alone():
    torch.manual_seed(0)
    net = HogCnn(7, {"orientations": 9, "cell": 8, "block": 2}, width=4).eval()
    x, first, second = torch.zeros(1, 1, 48, 48), torch.zeros(1, 900), torch.ones(1, 900)
    assert not torch.equal(net(x, first), net(x, second))
    plain = DepthCnn(7, width=4)
    more = sum(p.numel() for p in net.parameters()) - sum(p.numel() for p in plain.parameters())
    assert more == 900 * 256 + 2 * 900  # the first linear layer's columns, and the descriptor's own scale
