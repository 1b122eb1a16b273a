"""The facts that paper B states about its pipeline, section 2.3, and its four systems of table 2."""

from __future__ import annotations

import pytest
import torch
from hydra.utils import instantiate
from timm.models import ResNet
from torch import nn
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from fer_lightning.errors import FerError
from fer_lightning.nets.edsr import Edsr, ResidualBlock
from fer_lightning.nets.parts.stn import SpatialTransformer
from fer_lightning.nets.stn_sr import StnSr
from fer_lightning.nets.timm_net import TimmNet
from fer_lightning.run.config.compose import compose, to_plain

SMALL = {"name": "resnet10t", "blocks": 1, "features": 4}
SYSTEMS = {  # of table 2: which parts each has
    "b_base": (nn.Identity, nn.Identity),
    "b_stn": (SpatialTransformer, nn.Identity),
    "b_sr": (nn.Identity, Edsr),
    "b_stn_sr": (SpatialTransformer, Edsr),
}


def config(name: str, *overrides: str) -> dict:
    return to_plain(compose([f"model={name}", *overrides, "paths.output_dir=x"]))["model"]


def build(name: str, *overrides: str) -> nn.Module:
    return instantiate({**config(name, *overrides)["net"], "num_classes": 8})


def tops(net: nn.Module) -> set[str]:
    return {name.split(".")[0] for name, _ in net.named_parameters()}


def faces(count: int = 2, channels: int = 3, size: int = 48) -> torch.Tensor:
    return 2 * torch.rand(count, channels, size, size, generator=torch.Generator().manual_seed(0)) - 1


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_four_systems_have_their_parts(name):
    net = build(name)
    stn, sr = SYSTEMS[name]
    assert (type(net.stn), type(net.sr), type(net.base)) == (stn, sr, TimmNet)
    named = {"stn": stn is SpatialTransformer, "sr": sr is Edsr, "base": True}
    assert tops(net) == {part for part, has_weights in named.items() if has_weights}
    assert isinstance(net.base.net, ResNet)


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_four_systems_differ_in_nothing_but_the_two_switches(name):
    whole, this = config("b_stn_sr"), config(name)
    differing = {key for key, value in whole["net"].items() if this["net"][key] != value}
    assert differing <= {"stn", "upscale"}
    assert {**whole, "net": {}} == {**this, "net": {}}


def test_edsr_is_that_of_the_paper_and_sees_48_pixels_of_rgb():
    model = config("b_stn_sr")
    assert (model["input"]["size"], model["input"]["channels"]) == (48, 3)
    net = build("b_stn_sr")
    blocks = [part for part in net.sr.modules() if isinstance(part, ResidualBlock)]
    assert (len(blocks), net.sr.head.out_channels, net.sr.factor) == (16, 128, 2)
    assert not [part for part in net.sr.modules() if isinstance(part, nn.BatchNorm2d)]


def test_edsr_trained_alone_fits_in_and_meets_the_same_scale_of_pixels():
    alone, whole = config("edsr"), config("b_stn_sr")
    theirs = Edsr(**{key: value for key, value in alone["net"].items() if key != "_target_"}).state_dict()
    assert {key: value.shape for key, value in theirs.items()} == {
        key: value.shape for key, value in build("b_sr").sr.state_dict().items()
    }
    assert alone["input"]["normalise"] == whole["input"]["normalise"] == "symmetric"


def multiply_adds(net: nn.Module) -> int:
    with FlopCounterMode(display=False) as counter:
        net.to("meta").eval()(torch.zeros(1, 3, 48, 48, device="meta"))
    return int(counter.get_total_flops()) // 2


def test_how_much_cheaper_the_narrow_edsr_of_our_tables_is():
    """docs/paper_b.md: 44 times for EDSR, 21 times for the system."""
    wide, narrow = build("b_sr"), build("b_sr", "model.net.blocks=4", "model.net.features=32")
    assert round(multiply_adds(wide.sr) / multiply_adds(narrow.sr)) == 44
    assert round(multiply_adds(wide) / multiply_adds(narrow)) == 21


def test_the_parts_stand_in_the_papers_order():
    torch.manual_seed(0)
    net = StnSr(8, **SMALL).eval()
    nn.init.normal_(net.stn.affine.weight)
    x = faces()
    with torch.no_grad():
        assert not torch.allclose(net.stn(x), x, atol=0.01)
        torch.testing.assert_close(net(x), net.base(net.sr(net.stn.warp(x, net.stn.theta(x)))))


@pytest.mark.parametrize("factor", [2, 3])
def test_the_control_is_the_face_interpolated_in_front_of_the_base_net(factor):
    torch.manual_seed(0)
    net = StnSr(8, upscale="bicubic", factor=factor, **SMALL).eval()
    x = faces()
    enlarged = F.interpolate(x, size=48 * factor, mode="bicubic", align_corners=False)
    with torch.no_grad():
        # the transformer starts as the identity
        torch.testing.assert_close(net(x), net.base(enlarged), rtol=1e-4, atol=1e-4)
    assert tops(net) == {"stn", "base"}


def test_no_part_but_the_base_net_is_the_base_net():
    torch.manual_seed(0)
    net = StnSr(8, stn=False, upscale="none", small_stem=True, **SMALL).eval()
    torch.manual_seed(0)
    alone = TimmNet(8, "resnet10t", channels=3, size=48, small_stem=True).eval()
    with torch.no_grad():
        assert torch.equal(net(faces()), alone(faces()))


@pytest.mark.parametrize(("upscale", "side"), [("none", 48), ("edsr", 96), ("bicubic", 96)])
def test_the_base_net_is_built_for_what_it_sees(upscale, side):
    net = StnSr(8, upscale=upscale, **{**SMALL, "name": "vit_tiny_patch16_224"}, options={"depth": 1}).eval()
    seen = []
    net.base.register_forward_pre_hook(lambda _, arguments: seen.append(tuple(arguments[0].shape)))
    with torch.no_grad():
        assert net(faces()).shape == (2, 8)
    assert seen == [(2, 3, side, side)]
    assert net.base.net.patch_embed.img_size == (side, side)


@pytest.mark.parametrize("name", ["b_stn_sr", "b_sr", "b_stn"])
def test_bf16_autocast_trains_every_part(name):
    torch.manual_seed(0)
    small = [f"model.net.{key}={value}" for key, value in SMALL.items()]
    net = build(name, *small).to(memory_format=torch.channels_last).train()
    with torch.autocast("cpu", torch.bfloat16):
        logits = net(faces(4))
    F.cross_entropy(logits.float(), torch.tensor([0, 1, 2, 7])).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in net.parameters())
    moved = {key.split(".")[0] for key, p in net.named_parameters() if p.grad.abs().sum() > 0}
    assert moved == tops(net)


def test_no_statistics_of_the_base_net_normalise_what_edsr_sees():
    net = StnSr(8, **SMALL)
    assert not hasattr(net, "mean")
    assert not hasattr(net, "std")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"upscale": "edrs"}, r"model\.net\.upscale=edrs.*did you mean edsr"),
        ({"factor": 5}, r"model\.net\.factor=5"),
        ({"factor": 1.5, "upscale": "bicubic"}, r"model\.net\.factor=1\.5: choose among 2, 3, 4"),
        ({"stn_padding": "black"}, r"'black': choose among border"),
        ({"name": "resnet81"}, r"model\.net\.name=resnet81"),
        ({"name": "xcit_nano_12_p8_224", "size": 25}, r"patch_size.*upscale=edsr the base net sees 2 x 25 = 50 pixels"),
        ({"name": "xcit_nano_12_p8_224", "size": 50, "upscale": "none"}, r"model\.input\.size=50$"),
    ],
)
def test_errors_name_the_key(arguments, says):
    with pytest.raises(FerError, match=says):
        StnSr(8, **{**SMALL, **arguments})
