"""Inception v2: which pixels each branch sees, and what the pooled branch computes."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.inception import InceptionV2


def test_has_the_channels_of_module_3a():
    module = InceptionV2(192, 256).eval()
    x = torch.randn(2, 192, 7, 7)
    widths = [branch(x).shape[1] for branch in (module.point, module.once, module.twice, module.pooled)]
    assert widths == [64, 64, 96, 32]  # Ioffe and Szegedy 2015, table of BN-Inception
    assert module(x).shape == (2, 256, 7, 7)


@pytest.mark.parametrize(("branch", "side"), [("point", 1), ("once", 3), ("twice", 5), ("pooled", 3)])
def test_each_branch_sees_its_neighbourhood(branch, side):
    torch.manual_seed(0)
    x = torch.randn(1, 16, 11, 11, requires_grad=True)
    getattr(InceptionV2(16, 64).eval(), branch)(x)[:, :, 5, 5].sum().backward()
    rows, columns = x.grad.abs().sum(dim=(0, 1)).nonzero().T
    assert (int(rows.max() - rows.min()) + 1, int(columns.max() - columns.min()) + 1) == (side, side)


def test_pooling_after_the_point_convolution_equals_pooling_before():
    torch.manual_seed(0)
    conv, _, norm, _ = (branch := InceptionV2(16, 64).eval().pooled)
    x = torch.randn(2, 16, 9, 9)
    before = F.relu(norm(conv(F.avg_pool2d(x, 3, stride=1, padding=1))))
    torch.testing.assert_close(branch(x), before, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("channels", [0, 12])
def test_impossible_channels_are_refused(channels):
    with pytest.raises(FerError, match="multiple of 8"):
        InceptionV2(16, channels)
