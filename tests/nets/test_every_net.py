"""What every architecture must do; the list is the folder conf/model, so a new YAML is tested the day it appears."""

from __future__ import annotations

import io
from functools import cache

import pytest
import torch
from hydra.utils import instantiate
from torch import nn
from torch.nn import functional as F

from fer_lightning.data.inputs import InputSpec
from fer_lightning.run.config.compose import compose, list_options, to_plain

ENLARGES = "edsr"  # gives pixels and no scores; tests/nets/test_edsr.py is about it
NAMES = [name for name in list_options("model") if name != ENLARGES]
# one block of an EDSR of 16 is enough here: all are alike, and the whole takes most of the time of this file
SHORTER = {name: ["model.net.blocks=1", "model.net.features=16"] for name in ("b_sr", "b_stn_sr")}


def build(
    name: str, classes: int = 7, channels: int | None = None, size: int | None = None, seed: int = 0
) -> nn.Module:
    """The net of conf/model/<name>.yaml; 0 keeps the channels and the size that the file asks for."""
    torch.manual_seed(seed)
    return instantiate({**config(name, channels, size)["net"], "num_classes": classes})


@cache
def config(name: str, channels: int | None = None, size: int | None = None) -> dict:
    asked = {"channels": channels, "size": size}
    overrides = [f"model.input.{key}={value}" for key, value in asked.items() if value] + SHORTER.get(name, [])
    return to_plain(compose([f"model={name}", *overrides, "paths.output_dir=x"]))["model"]


def inputs(name: str, count: int = 4, channels: int | None = None, size: int | None = None) -> list[torch.Tensor]:
    """What the net sees: noise, and its descriptor where it takes one."""
    spec = InputSpec(**config(name, channels, size)["input"])
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (count, spec.channels, spec.size, spec.size), generator=generator)
    return [images / 64 - 2, *([spec.describe(images)] if spec.hog else [])]


def test_the_folder_is_there():
    assert {"cnn", "stn_cnn", "timm", "hog_cnn"} <= set(NAMES)


@pytest.mark.parametrize(("channels", "size", "classes"), [(3, 32, 8), (1, 48, 2)])
@pytest.mark.parametrize("name", NAMES)
def test_one_logit_per_class_at_any_channels_and_size(name, channels, size, classes):
    net = build(name, classes, channels, size).eval()
    with torch.no_grad():
        assert net(*inputs(name, 2, channels, size)).shape == (2, classes)


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_gets_a_finite_gradient(name):
    net = build(name).train()
    labels = torch.tensor([0, 1, 2, 3])
    # a detector learns where boxes lie by losses of its own, of which its scores know nothing
    own = sum(net.losses(*inputs(name), labels)[0].values()) if hasattr(net, "losses") else None
    (F.cross_entropy(net(*inputs(name)), labels) if own is None else own).backward()
    for key, parameter in net.named_parameters():
        assert parameter.grad is not None, f"{key} takes no part in the logits"
        assert parameter.grad.isfinite().all(), key


@pytest.mark.parametrize("name", NAMES)
def test_a_prediction_does_not_depend_on_its_batch(name):
    net, seen = build(name).eval(), inputs(name)
    with torch.no_grad():
        torch.testing.assert_close(net(*seen)[2:3], net(*[part[2:3] for part in seen]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_makes_the_same_net_and_weights_survive_a_file(name):
    first, second, seen = build(name, seed=0).eval(), build(name, seed=1).eval(), inputs(name, 2)
    for (key, one), other in zip(first.state_dict().items(), build(name).state_dict().values(), strict=True):
        assert torch.equal(one, other), key
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    with torch.no_grad():
        assert not torch.equal(first(*seen), second(*seen))
        second.load_state_dict(torch.load(file, weights_only=True))
        assert torch.equal(first(*seen), second(*seen))
