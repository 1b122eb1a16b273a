"""Descriptors beside the images of a data module: those of the very images, made once where these do not change."""

from __future__ import annotations

import albumentations
import numpy as np
import pytest
import torch

from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.augment.offline import CropsOfSizes, Mirrored
from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.descriptors import Hog
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.prepare import Prepare

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
SPEC = InputSpec(size=16, hog={"cell": 4, "block": 2})
AUGMENTS = {
    "none": None,
    "mirrored": Augment(offline=Mirrored()),
    "crops": Augment(offline=CropsOfSizes(16, sizes=3)),
    "random": Augment([albumentations.HorizontalFlip(p=0.5)]),
    "both": Augment([albumentations.HorizontalFlip(p=0.5)], offline=Mirrored()),
}


@pytest.fixture
def build(make_faces, tmp_path):
    faces = make_faces(np.arange(70) % 7, size=20)

    def make(augment=None, input=SPEC):
        how = {"class_names": CLASSES, "cache_dir": tmp_path, "prepare": Prepare(20), "protocol": "holdout"}
        return FaceDataModule(lambda cache_dir: faces, input=input, batch_size=14, augment=augment, **how)

    return make


@pytest.fixture
def counted(monkeypatch):
    """How many images were described."""
    images, one = [], Hog.__call__

    def count(self, pixels):
        images.append(len(pixels))
        return one(self, pixels)

    monkeypatch.setattr(Hog, "__call__", count)
    return images


@pytest.mark.parametrize("name", AUGMENTS)
def test_what_describes_an_image_describes_its_own_pixels(build, name):
    data = build(AUGMENTS[name])
    for loader in (data.train_dataloader(), data.val_dataloader(), data.test_dataloader()):
        for batch in loader:
            assert batch.described.dtype == torch.float32
            torch.testing.assert_close(batch.described, SPEC.describe(batch.image), rtol=0, atol=0)


@pytest.mark.parametrize(("name", "variants"), [("none", 1), ("mirrored", 2), ("crops", 7)])
def test_images_that_stay_the_same_are_described_once(build, counted, name, variants):
    data = build(AUGMENTS[name])
    for _ in range(3):
        list(data.train_dataloader())
    assert sum(counted) == 70 * variants
    list(build(AUGMENTS[name]).train_dataloader())  # another process finds them in the cache
    assert sum(counted) == 70 * variants


def test_other_sizes_of_the_descriptor_or_the_crop_are_described_anew(build, counted):
    first = next(iter(build().val_dataloader())).described
    other = InputSpec(size=16, hog={"cell": 8, "block": 2})
    assert next(iter(build(input=other).val_dataloader())).described.shape[1] < first.shape[1]
    whole = InputSpec(size=20, hog={"cell": 4, "block": 2})
    assert next(iter(build(input=whole).val_dataloader())).described.shape[1] > first.shape[1]
    assert sum(counted) == 3 * 70


def test_a_net_that_sees_images_alone_gets_no_descriptor(build):
    assert next(iter(build(input=InputSpec(size=16)).train_dataloader())).described is None
