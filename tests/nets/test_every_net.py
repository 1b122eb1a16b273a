"""What every architecture must do; the list is the folder conf/model, so a new YAML is tested the day it appears."""

from __future__ import annotations

import io
from functools import cache
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import nn
from torch.nn import functional as F

MODELS = Path(__file__).parents[2] / "conf" / "model"
NAMES = sorted(file.stem for file in MODELS.glob("*.yaml"))


def build(
    name: str, classes: int = 7, channels: int | None = None, size: int | None = None, seed: int = 0
) -> nn.Module:
    """The net of conf/model/<name>.yaml; 0 keeps the channels and the size that the file asks for."""
    model = OmegaConf.load(MODELS / f"{name}.yaml")
    model.input.channels = channels or model.input.channels
    model.input.size = size or model.input.size
    model.net.num_classes = classes
    torch.manual_seed(seed)
    return instantiate(OmegaConf.create({"model": model}).model.net)


@cache
def shape(name: str) -> tuple[int, int]:
    model = OmegaConf.load(MODELS / f"{name}.yaml")
    return model.input.channels, model.input.size


def images(name: str, count: int = 4) -> torch.Tensor:
    channels, size = shape(name)
    return torch.randn(count, channels, size, size, generator=torch.Generator().manual_seed(1))


def test_the_folder_is_there():
    assert {"cnn", "stn_cnn", "timm"} <= set(NAMES)


@pytest.mark.parametrize(("channels", "size", "classes"), [(1, 32, 7), (3, 32, 8), (1, 48, 6), (3, 48, 2)])
@pytest.mark.parametrize("name", NAMES)
def test_one_logit_a_class_at_any_channels_and_size(name, channels, size, classes):
    net = build(name, classes, channels, size).eval()
    with torch.no_grad():
        assert net(torch.randn(2, channels, size, size)).shape == (2, classes)


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_gets_a_finite_gradient(name):
    net = build(name).train()
    F.cross_entropy(net(images(name)), torch.tensor([0, 1, 2, 3])).backward()
    for key, parameter in net.named_parameters():
        assert parameter.grad is not None, f"{key} takes no part in the logits"
        assert parameter.grad.isfinite().all(), key


@pytest.mark.parametrize("name", NAMES)
def test_a_prediction_does_not_depend_on_its_batch(name):
    net, x = build(name).eval(), images(name)
    with torch.no_grad():
        torch.testing.assert_close(net(x)[2:3], net(x[2:3]), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_weights_survive_a_file(name):
    first, second, x = build(name, seed=0).eval(), build(name, seed=1).eval(), images(name, 2)
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    with torch.no_grad():
        assert not torch.equal(first(x), second(x))
        second.load_state_dict(torch.load(file, weights_only=True))
        assert torch.equal(first(x), second(x))


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_makes_the_same_net(name):
    for (key, one), other in zip(build(name).state_dict().items(), build(name).state_dict().values(), strict=True):
        assert torch.equal(one, other), key
