"""The step of a net that enlarges, by images whose figures are worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from fer_lightning.data.inputs import Batch, InputSpec
from fer_lightning.errors import FerError
from fer_lightning.training.losses import FocalLoss, ProbabilityLoss, UnsuitableLoss
from fer_lightning.training.super_resolution import SuperResolver, check_pixel_loss, resize_bicubic, shrink

NAMES = ("angry", "happy")


class Nearest(nn.Module):
    """Enlarges by repeating pixels, and adds `shift`, which can be learned."""

    def __init__(self, factor=2, shift=0.0):
        super().__init__()
        self.factor = factor
        self.shift = nn.Parameter(torch.tensor(shift))

    def forward(self, x):
        return F.interpolate(x, scale_factor=self.factor, mode="nearest") + self.shift


def resolver(net=None, size=8, loss=None):
    spec = InputSpec(size=size, channels=1, normalise="symmetric")
    return SuperResolver(net or Nearest(), loss or nn.L1Loss(), torch.optim.SGD, None, NAMES, spec)


def batch(*values, size=8):
    image = torch.stack([torch.full((1, size, size), value, dtype=torch.uint8) for value in values])
    return Batch(image, torch.zeros(len(values), dtype=torch.int64), torch.arange(len(values)))


def test_a_constant_image_survives_being_shrunk_and_enlarged():
    found = resolver().enlarge(batch(51, 204).image)
    for part, side in ((found.original, 8), (found.small, 4), (found.bicubic, 8), (found.enlarged, 8)):
        assert part.shape == (2, 1, side, side)
        torch.testing.assert_close(part[:, 0, 0, 0], torch.tensor([0.2, 0.8]))
        assert float(part.detach().flatten(1).std(dim=1).max()) < 1e-6


def test_shrinking_averages_so_that_a_fine_pattern_becomes_grey():
    board = (torch.arange(16)[:, None] + torch.arange(16)).remainder(2).float()[None, None]
    small = shrink(board, 2)[0, 0, 2:-2, 2:-2]
    # without its wider window, interpolation would meet single pixels of the board
    assert float((small - 0.5).abs().max()) < 0.05


def test_small_images_have_the_levels_of_a_file():
    noise = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    levels = shrink(noise, 2) * 255
    torch.testing.assert_close(levels, levels.round())


def test_an_edge_does_not_leave_the_scale():
    step = torch.cat([torch.zeros(1, 1, 8, 4), torch.ones(1, 1, 8, 4)], dim=3)
    enlarged = resize_bicubic(step, 16)
    assert (float(enlarged.min()), float(enlarged.max())) == (0.0, 1.0)


def test_forward_gives_pixels_of_the_images_scale():
    module = resolver(Nearest(shift=4.0))  # far above white
    torch.testing.assert_close(module(batch(51).image), torch.full((1, 1, 8, 8), 255.0))
    torch.testing.assert_close(resolver()(batch(51).image), torch.full((1, 1, 8, 8), 51.0))


def test_loss_and_psnr_are_those_of_the_pixels_between_0_and_1():
    module = resolver(Nearest(shift=0.2))  # 0.1 on the scale from 0 to 1
    module.validation_step(batch(51, 102), 0)
    measured = module.compute_metrics("val")
    assert list(measured) == module.metric_names("val")
    assert measured["val/loss"] == pytest.approx(0.1, abs=1e-5)
    assert measured["val/psnr"] == pytest.approx(20, abs=1e-3)  # 10 log10(1 / 0.01)
    assert measured["val/psnr_bicubic"] > 60
    assert measured["val/ssim_bicubic"] == pytest.approx(1, abs=1e-4)


def test_training_measures_the_net_alone_and_gives_the_loss():
    module = resolver(Nearest(shift=0.2), loss=nn.MSELoss())
    loss = module.training_step(batch(51), 0)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0.01, abs=1e-5)
    assert float(module.net.shift.grad) > 0
    assert module.metric_names("train") == ["train/loss", "train/psnr"] == list(module.compute_metrics("train"))


def test_a_side_that_the_factor_does_not_divide_is_an_error():
    with pytest.raises(FerError, match=r"model\.net\.factor=3: images of model\.input\.size=8 .* such as 6"):
        resolver(Nearest(factor=3))


@pytest.mark.parametrize("loss", [nn.L1Loss(), nn.MSELoss(), nn.SmoothL1Loss()])
def test_losses_between_images_fit(loss):
    check_pixel_loss(loss)


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss(), ProbabilityLoss(1), ProbabilityLoss(2), FocalLoss(2.0)])
def test_losses_between_scores_and_classes_do_not(loss):
    # torch's own cross entropy takes two batches of images without a word
    with pytest.raises(UnsuitableLoss, match=r"does not compare images with images"):
        check_pixel_loss(loss)


def test_what_is_learned_on_images_takes_no_part_in_the_scale():
    module = resolver()
    np.testing.assert_array_equal(module.pixel_mean.numpy().ravel(), [0.5])
    assert float(module.normalise(torch.tensor([[[[255.0]]]]))) == 1.0
