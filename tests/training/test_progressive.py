"""Covers fer_lightning/training/callbacks/progressive.py: which size, when, and for which nets."""

from __future__ import annotations

import pytest
import torch
from support import TINY
from torch.nn import functional as F

from fer_lightning.data.inputs import Batch
from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit
from fer_lightning.training.callbacks.progressive import Progressive

NARROW = ["model=resnet", "model.net.widths=[4,8]", "model.net.blocks=[1,1]", "logger=none"]


@pytest.mark.parametrize(
    ("epochs", "expected"),
    [(10, [32] * 3 + [40] * 4 + [48] * 3), (60, [32] * 18 + [40] * 24 + [48] * 18), (2, [32, 48]), (1, [40])],
)
def test_each_phase_has_its_share_of_the_epochs(epochs, expected):
    grow, sizes = Progressive((32, 40, 48), (0.3, 0.4, 0.3)), []
    for epoch in range(epochs):
        grow.done = (epoch + 0.5) / epochs
        sizes.append(grow.size)
    assert sizes == expected


def test_images_are_shrunk_without_aliasing_and_the_rest_of_the_batch_stays():
    images, labels = torch.rand(4, 1, 48, 48), torch.arange(4)
    grow = Progressive((24, 48), (0.5, 0.5))
    grow.done = 0.2
    small = grow(Batch(images, labels, labels))
    assert small.image.shape == (4, 1, 24, 24)
    # a triangle of weights over four pixels, as PIL's bilinear filter has
    plain = F.interpolate(images, (24, 24), mode="bilinear", align_corners=False)
    assert small.image.var() < plain.var()
    assert small.label is labels
    grow.done = 0.8
    assert grow(Batch(images, labels, labels)).image is images


def test_a_run_trains_on_each_size_and_validates_on_the_models(tmp_path):
    overrides = [*TINY, *NARROW, "callbacks=progressive", "trainer.max_epochs=4", "trainer.limit_train_batches=1"]
    run = build_run(compose_job(overrides, tmp_path))
    seen = []
    run.module.net.register_forward_pre_hook(lambda net, args: seen.append((net.training, args[0].shape[-1])))
    fit(run)
    assert [size for training, size in seen if training] == [32, 40, 40, 48]
    assert {size for training, size in seen if not training} == {48}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["model=depth_cnn"],
            r"callbacks=progressive: this net takes images of 48 pixels alone, not of",
        ),
        (["model=timm", "model.net.name=vit_tiny_patch16_224"], r"this net takes images of 48 pixels alone, not of 32"),
        (["model=edsr"], r"callbacks=progressive is for models that classify"),
        (["model=hog_cnn"], r"callbacks=progressive changes images after model\.input\.hog"),
        ([*NARROW, "model.input.size=44"], r"sizes=\[32, 40, 48\] ends at 48 pixels, but model\.input\.size=44"),
        ([*NARROW, "callbacks.progressive.sizes=[32,48]"], r"shares=\[0\.3, 0\.4, 0\.3\]: give each of the 2 sizes"),
        ([*NARROW, "callbacks.progressive.shares=[0.3,0.4,0.4]"], "their sum is 1"),
        ([*NARROW, "callbacks.progressive.sizes=[0,40,48]"], r"sizes=\[0, 40, 48\]: choose sides of 1 pixel"),
    ],
)
def test_what_cannot_grow_is_refused(overrides, message, tmp_path):
    with pytest.raises(FerError, match=message):
        build_run(compose_job([*TINY, "callbacks=progressive", "logger=none", *overrides], tmp_path))
