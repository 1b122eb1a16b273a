"""The spatial transformer: identity at first, exact warps, a gradient that finds a shifted blob."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.stn import SpatialTransformer

IDENTITY = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


def noise(*shape: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def many(theta: list[list[float]], count: int) -> Tensor:
    return torch.tensor(theta).repeat(count, 1, 1)


@pytest.mark.parametrize(("channels", "size"), [(1, 32), (3, 48), (2, 17)])
def test_starts_as_the_identity(channels, size):
    stn, x = SpatialTransformer(channels), noise(3, channels, size, size)
    torch.testing.assert_close(stn.theta(x), IDENTITY.expand(3, 2, 3))
    torch.testing.assert_close(stn(x), x, rtol=0, atol=1e-5)


def test_a_quarter_turn_is_rot90():
    x = noise(2, 3, 24, 24)
    warped = SpatialTransformer(3).warp(x, many([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]], 2))
    torch.testing.assert_close(warped, torch.rot90(x, -1, (2, 3)), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("padding", "beyond"), [("zeros", 0.0), ("border", None)])
def test_a_translation_shifts_whole_pixels(padding, beyond):
    x, step = noise(2, 1, 20, 20), 3
    shift = 2 * step / 20  # the image is 2 wide
    warped = SpatialTransformer(1, padding=padding).warp(x, many([[1.0, 0.0, shift], [0.0, 1.0, 0.0]], 2))
    torch.testing.assert_close(warped[..., :-step], x[..., step:], rtol=0, atol=1e-5)
    edge = x[..., -1:].expand(-1, -1, -1, step) if beyond is None else torch.full((2, 1, 20, step), beyond)
    torch.testing.assert_close(warped[..., -step:], edge, rtol=0, atol=1e-5)


def test_each_image_has_its_own_warp():
    x = noise(2, 1, 16, 16)
    thetas = torch.cat([many([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], 1), many([[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], 1)])
    warped = SpatialTransformer(1).warp(x, thetas)
    torch.testing.assert_close(warped, torch.stack([x[0], x[1].flip(-1)]), rtol=0, atol=1e-5)


def test_another_output_size_is_bilinear_resizing():
    x = noise(2, 1, 32, 32)
    warped = SpatialTransformer(1, out_size=16)(x)
    torch.testing.assert_close(warped, F.interpolate(x, size=16, mode="bilinear"), rtol=0, atol=1e-5)


def test_coordinates_keep_full_precision_under_autocast():
    stn, x = SpatialTransformer(1), noise(2, 1, 48, 48)
    with torch.autocast("cpu", torch.bfloat16):
        assert stn.theta(x).dtype == torch.float32
        torch.testing.assert_close(stn(x), x, rtol=0, atol=1e-5)
        assert stn(x.bfloat16()).dtype == torch.bfloat16


def test_learns_to_centre_a_shifted_blob():
    torch.manual_seed(0)
    axis = torch.arange(24.0)
    y, x = torch.meshgrid(axis, axis, indexing="ij")

    def blob(row: float, column: float) -> Tensor:
        return torch.exp(-((y - row) ** 2 + (x - column) ** 2) / 18)[None]

    shifted = torch.stack([blob(9, 14), blob(14, 15), blob(8, 8), blob(15, 9)])
    centred = blob(11.5, 11.5).expand(4, 1, 24, 24)
    stn = SpatialTransformer(1, step=0.1)
    optimizer = torch.optim.Adam(stn.parameters(), lr=0.01)
    losses = []
    for _ in range(40):
        loss = F.mse_loss(stn(shifted), centred)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.3 * losses[0]
    assert stn.localisation[1][0].weight.grad.abs().sum() > 0


def test_the_step_scales_the_warp_away_from_the_identity():
    stn, x = SpatialTransformer(1, step=0.03), noise(2, 1, 16, 16)
    torch.nn.init.constant_(stn.affine.bias, 2.0)
    torch.testing.assert_close(stn.theta(x), (IDENTITY + 0.06).expand(2, 2, 3))


def test_an_unknown_padding_is_refused():
    with pytest.raises(FerError, match="border, zeros, reflection"):
        SpatialTransformer(1, padding="wrap")
