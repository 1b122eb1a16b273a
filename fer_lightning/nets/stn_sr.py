"""Paper B's network: a spatial transformer, super-resolution, then an ordinary classification net."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from fer_lightning.errors import FerError, choices
from fer_lightning.nets.edsr import STAGES, Edsr
from fer_lightning.nets.parts.stn import SpatialTransformer
from fer_lightning.nets.timm_net import TimmNet

UPSCALES = ("none", "edsr", "bicubic")


class StnSr(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes). Paper B, section 2.3, figure 4.

    The paper's four systems are two switches: `stn`, and `upscale` = none or edsr. All parts learn from the
    classification together, unless an Edsr trained before gives `sr` its weights; then pixels must come on the scale
    that it was trained on. The paper does not state the base net and the localisation net: any model of timm, and ours.

    Attributes:
        stn: the SpatialTransformer; nothing where it is switched off.
        sr: the Edsr, or the interpolation; nothing for `none`.
        base: the TimmNet, built for the enlarged image.

    Args:
        num_classes: logits.
        channels: of the input, 1 grey or 3 RGB.
        size: side of the input in pixels.
        stn: with the spatial transformer.
        upscale: none, edsr or bicubic. The last is not in the paper but a control: the base net gets
            as many pixels as after EDSR, without anything learned.
        factor: 2, 3 or 4; how many times larger each side becomes, by either way of enlarging.
        blocks, features, residual_scale, batch_norm: of EDSR, as in Edsr.
        name, pretrained, small_stem, options: of the base net, as in TimmNet.
        stn_width, stn_padding, stn_step: as in StnCnn. Not stated in the paper, whose Adam at 1e-4 is slow enough for a
            full step.

    Raises:
        FerError: an unknown `upscale`; as in Edsr, SpatialTransformer and TimmNet.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 3,
        size: int = 48,
        stn: bool = True,
        upscale: str = "edsr",
        factor: int = 2,
        blocks: int = 16,
        features: int = 128,
        residual_scale: float = 1.0,
        batch_norm: bool = False,
        name: str = "resnet18",
        pretrained: bool = False,
        small_stem: bool = False,
        options: Mapping[str, Any] | None = None,
        stn_width: int = 16,
        stn_padding: str = "border",
        stn_step: float = 1.0,
    ) -> None:
        super().__init__()
        if upscale not in UPSCALES:
            raise FerError(f"model.net.upscale={upscale}: choose among {choices(UPSCALES, upscale)}")
        if upscale != "none" and factor not in STAGES:
            raise FerError(f"model.net.factor={factor}: choose among {choices(STAGES)}, or model.net.upscale=none")
        self.stn: nn.Module = nn.Identity()
        if stn:
            self.stn = SpatialTransformer(channels, width=stn_width, padding=stn_padding, step=stn_step)
        self.sr: nn.Module = nn.Identity()
        if upscale == "edsr":
            self.sr = Edsr(channels, factor, blocks, features, residual_scale, batch_norm)
        elif upscale == "bicubic":
            self.sr = nn.Upsample(scale_factor=factor, mode="bicubic", align_corners=False)
        seen = size if upscale == "none" else size * factor
        try:
            self.base = TimmNet(num_classes, name, channels, seen, pretrained, small_stem, options)
        except FerError as error:
            if seen == size:
                raise
            raise FerError(
                f"{error}. Behind model.net.upscale={upscale} the base net sees {factor} x {size} = {seen} pixels"
            ) from error

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes)."""
        logits: Tensor = self.base(self.sr(self.stn(x)))
        return logits
