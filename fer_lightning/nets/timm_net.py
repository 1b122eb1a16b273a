"""Any model of the timm library, adapted to small faces."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import timm
import torch
from timm.data.constants import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from timm.models import PretrainedCfg
from torch import Tensor, nn

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.pretrained import cached_weights
from fer_lightning.nets.parts.small_stem import keep_resolution

log = logging.getLogger(__name__)

OURS = {"num_classes", "in_chans", "img_size", "pretrained"}  # arguments of the class itself, not of options


class TimmNet(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes); pixels scaled to 0..1, then (x - mean) / std.

    Attributes:
        mean, std: one value per channel, from the model's own pretraining, as pretrained weights expect; they
            learned on; averaged over RGB when `channels` is not 3.
        net: the timm model.

    Args:
        name: any name of timm.list_models(), with or without a pretraining tag (`resnet18.a1_in1k`).
        num_classes: logits.
        channels: of the input; pretrained RGB kernels are summed for grey.
        size: side of the input in pixels.
        pretrained: start from published weights, cached or downloaded.
        small_stem: the first convolution gets stride 1 and a ResNet's max-pool goes, as is usual for small images;
            kernels stay, so pretrained weights still fit. Nets built for one input size (ViT, Swin, Mixer) are left
            alone, because they cut the image into patches: choose smaller ones with `options: {patch_size: 8}`.
        options: further arguments of timm.create_model, such as drop_rate or drop_path_rate.

    Raises:
        FerError: unknown name or option, weights out of reach, a stem that cannot be changed, an impossible size.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __init__(
        self,
        num_classes: int,
        name: str = "resnet18",
        channels: int = 1,
        size: int = 48,
        pretrained: bool = False,
        small_stem: bool = True,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        cfg = described(name)
        extra = dict(options or {})
        if twice := OURS & extra.keys():
            raise FerError(f"model.net.options: {', '.join(sorted(twice))} follows from the other keys of model.net")
        if cfg.fixed_input_size:
            extra["img_size"] = size
        if pretrained and not extra.keys() & {"pretrained_cfg", "pretrained_cfg_overlay"}:
            extra["pretrained_cfg_overlay"] = cached_weights(name, cfg)
        try:
            self.net = timm.create_model(
                name, pretrained=pretrained, num_classes=num_classes, in_chans=channels, **extra
            )
        except (TypeError, AssertionError) as error:  # an argument that the model does not have, a size it refuses
            raise FerError(
                f"timm cannot build {name}: {error}. Look at model.net.options={dict(options or {})} "
                f"and model.input.size={size}"
            ) from error
        if small_stem and cfg.fixed_input_size:
            log.info("model.net.small_stem leaves %s as it is: it cuts the image into patches", name)
        elif small_stem:
            keep_resolution(self.net, name, cfg.first_conv)
        self._try_once(name, channels, size)
        own: Any = self.net.pretrained_cfg
        self.mean = per_channel(own.get("mean") or IMAGENET_DEFAULT_MEAN, channels)
        self.std = per_channel(own.get("std") or IMAGENET_DEFAULT_STD, channels)

    def _try_once(self, name: str, channels: int, size: int) -> None:
        try:
            with torch.no_grad():
                self.net.eval()(torch.zeros(1, channels, size, size))
        except (RuntimeError, ValueError, AssertionError) as error:  # how timm's models refuse a size
            raise FerError(
                f"model.input.size={size} is impossible for {name} ({error}): try a multiple of 32, or 224"
            ) from error
        self.net.train()

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes)."""
        logits: Tensor = self.net(x)
        return logits


def described(name: str) -> PretrainedCfg:
    """The description of model `name` in timm: first convolution, normalisation, place of the weights.

    Raises:
        FerError: timm has no such model; the message lists the nearest names.
    """
    names = timm.list_models(include_tags="." in name)
    cfg = timm.get_pretrained_cfg(name) if name in names else None
    if cfg is None:
        near = ", ".join(get_close_matches(name, names, n=5)) or "none"
        raise FerError(
            f"model.net.name={name}: timm has no such model. Nearest: {near}; timm.list_models() gives all {len(names)}"
        )
    return cfg


def per_channel(rgb: tuple[float, ...], channels: int) -> tuple[float, ...]:
    """One value per channel: the model's own where the counts agree, else their mean for each."""
    return tuple(rgb) if len(rgb) == channels else (sum(rgb) / len(rgb),) * channels
