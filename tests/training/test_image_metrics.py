"""PSNR and SSIM against numbers by hand and against scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from fer_lightning.training.image_metrics import ImageMetrics


def images(seed, count=3):
    return torch.rand(count, 1, 24, 24, generator=torch.Generator().manual_seed(seed))


def test_psnr_is_of_the_error_of_all_images_together():
    metrics, black = ImageMetrics(), torch.zeros(1, 1, 12, 12)
    for error in (0.1, 0.3):
        metrics.update(black + error, black, black, torch.tensor(error))
    found = metrics.compute()
    assert found["psnr"] == pytest.approx(10 * np.log10(1 / 0.05), abs=1e-4)  # the mean of 0.01 and 0.09
    assert found["loss"] == pytest.approx(0.2)


def test_ssim_is_the_mean_over_images_that_scikit_image_finds():
    metrics, (one, other) = ImageMetrics(), (images(0), images(1))
    mixed = 0.7 * one + 0.3 * other
    metrics.update(mixed, other, one, torch.tensor(0.0))
    how = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 1.0}
    pairs = zip(one[:, 0].numpy(), mixed[:, 0].numpy(), strict=True)
    expected = np.mean([structural_similarity(a, b, **how) for a, b in pairs])
    assert metrics.compute()["ssim"] == pytest.approx(expected, abs=0.01)  # the two differ in how they treat borders
    assert metrics.compute()["ssim_bicubic"] < metrics.compute()["ssim"]


def test_autocast_takes_nothing_off_a_figure():
    plain, mixed, (one, other) = ImageMetrics(), ImageMetrics(), (images(0), images(1))
    near = 0.95 * one + 0.05 * other
    plain.update(near, other, one, torch.tensor(0.0))
    with torch.autocast("cpu", torch.bfloat16):
        mixed.update(near, other, one, torch.tensor(0.0))
    assert mixed.compute() == plain.compute()


def test_batches_of_other_sizes_weigh_by_their_images():
    metrics, black = ImageMetrics(compared=False), torch.zeros(3, 1, 12, 12)
    metrics.update(black, black, black, torch.tensor(1.0))
    metrics.update(black[:1], black[:1], black[:1], torch.tensor(5.0))
    assert metrics.compute()["loss"] == 2.0
    assert metrics.names() == ["loss", "psnr"]


def test_a_state_goes_on_where_it_was_taken():
    whole, first, second = ImageMetrics(), ImageMetrics(), ImageMetrics()
    parts = [(images(seed), images(seed + 9), images(seed + 5), torch.tensor(float(seed))) for seed in (1, 2)]
    for part in parts:
        whole.update(*part)
    first.update(*parts[0])
    second.restore(first.state())
    second.update(*parts[1])
    assert second.compute() == pytest.approx(whole.compute())
    second.reset()
    second.update(*parts[0])
    assert second.compute() == pytest.approx(first.compute())
