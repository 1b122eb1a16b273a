"""timm models of several families on small faces."""

from __future__ import annotations

import time

import pytest
import torch
from torch import nn

from fer_lightning.errors import FerError
from fer_lightning.nets.timm_net import TimmNet

# name, options, side of the first convolution's map and of the last map for 48 pixels, with and without the small stem
FAMILIES = [
    ("resnet10t", {}, (48, 6), (24, 2)),
    ("resnetv2_18", {}, (48, 6), (24, 2)),
    ("mobilenetv3_small_050", {}, (48, 3), (24, 2)),
    ("efficientnet_b0", {}, (48, 3), (24, 2)),
    ("tf_efficientnet_b0", {}, (48, 3), (24, 2)),  # pads by its stride
    ("convnext_atto", {}, (49, 6), (12, 1)),  # an even kernel
    ("vgg11", {"mlp_ratio": 0.01}, (48, 1), (48, 1)),  # has stride 1 already; a small head, for speed
]


@pytest.mark.parametrize("small_stem", [True, False])
@pytest.mark.parametrize(("name", "options", "small", "plain"), FAMILIES)
def test_the_small_stem_keeps_the_resolution(name, options, small, plain, small_stem):
    torch.manual_seed(0)
    model = TimmNet(7, name, channels=1, size=48, small_stem=small_stem, options=options).eval()
    first = []
    conv = model.net.get_submodule(model.net.pretrained_cfg["first_conv"])
    conv.register_forward_hook(lambda _conv, _x, y: first.append(y.shape[-1]))
    maps = model.net.features if name == "vgg11" else None  # its head makes a vector before forward_features ends
    with torch.no_grad():
        x = torch.randn(2, 1, 48, 48)
        assert model(x).shape == (2, 7)
        last = (maps(x) if maps else model.net.forward_features(x)).shape[-1]
    assert (first[0], last) == (small if small_stem else plain)


def test_the_small_stem_changes_no_shape_of_any_weight():
    small, plain = (TimmNet(7, "resnet10t", small_stem=each).state_dict() for each in (True, False))
    assert {key: value.shape for key, value in small.items()} == {key: value.shape for key, value in plain.items()}


def test_a_patch_net_is_left_alone_and_takes_smaller_patches():
    coarse = TimmNet(7, "vit_tiny_patch16_224", size=48)
    fine = TimmNet(7, "vit_tiny_patch16_224", size=48, options={"patch_size": 8})
    x = torch.randn(2, 1, 48, 48)
    with torch.no_grad():
        assert coarse.net.forward_features(x).shape[1] == 3 * 3 + 1  # patches and the class token
        assert fine.net.forward_features(x).shape[1] == 6 * 6 + 1
        assert fine(x).shape == (2, 7)


def test_options_reach_timm():
    assert TimmNet(7, "resnet10t", options={"drop_rate": 0.3}).net.drop_rate == 0.3


def test_normalisation_is_the_models_own():
    assert TimmNet(7, "resnet10t", channels=3).mean == (0.485, 0.456, 0.406)
    grey = TimmNet(7, "resnet10t", channels=1)
    assert grey.mean == pytest.approx((0.449,))  # by hand: (0.485 + 0.456 + 0.406) / 3
    assert grey.std == pytest.approx((0.226,))
    assert TimmNet(7, "vit_tiny_patch16_224").mean == (0.5,)
    assert TimmNet(7, "resnet10t", channels=2).std == pytest.approx((0.226, 0.226))


def test_a_new_net_trains():
    model = TimmNet(7, "resnet10t")
    assert all(part.training for part in model.modules())
    norm = next(part for part in model.modules() if isinstance(part, nn.BatchNorm2d))
    assert norm.num_batches_tracked == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"name": "resnet81"}, r"model\.net\.name=resnet81.*Nearest: .*resnet18"),
        ({"name": "resnet18.a1"}, r"model\.net\.name=resnet18\.a1.*resnet18\.a1_in1k"),
        ({"name": "qqqq"}, r"Nearest: none"),
        ({"name": "resnet10t", "options": {"drop": 1}}, r"model\.net\.options=\{'drop': 1\}"),
        ({"name": "resnet10t", "options": {"num_classes": 3}}, r"model\.net\.options: num_classes"),
        ({"name": "dla34", "size": 48}, r"model\.input\.size=48 is impossible for dla34"),
        ({"name": "xcit_nano_12_p8_224", "size": 50}, r"model\.input\.size=50"),
    ],
)
def test_errors_name_the_key_and_the_way_out(arguments, says):
    start = time.perf_counter()
    with pytest.raises(FerError, match=says):
        TimmNet(7, **arguments)
    assert time.perf_counter() - start < 5
