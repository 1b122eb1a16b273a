"""Random changes repeat for a seed, and what cannot work is said before training begins."""

from __future__ import annotations

import os

import albumentations
import numpy as np
import pytest

from fer_lightning.data.augment.compose import Augment
from fer_lightning.errors import FerError


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (200, 16, 16), dtype=np.uint8)


@pytest.fixture
def lively() -> Augment:
    return Augment([albumentations.HorizontalFlip(p=0.5), albumentations.Affine(rotate=(-20, 20), p=1)])


def test_a_seed_repeats_whatever_came_before(lively, images):
    first = lively(images, seed=3)
    other = lively(images, seed=4)
    assert np.array_equal(lively(images, seed=3), first)
    assert not np.array_equal(other, first)


def test_two_chains_of_one_kind_agree(lively, images):
    twin = Augment([albumentations.HorizontalFlip(p=0.5), albumentations.Affine(rotate=(-20, 20), p=1)])
    assert np.array_equal(lively(images, seed=3), twin(images, seed=3))


def test_images_of_a_batch_are_changed_differently(lively, images):
    changed = lively(np.repeat(images[:1], 20, axis=0), seed=0)
    assert len({image.tobytes() for image in changed}) == 20


def test_a_chain_of_nothing_changes_nothing(images):
    assert np.array_equal(Augment([])(images, seed=0), images)


def test_a_flip_mirrors_about_half_and_leaves_the_rest(images):
    changed = Augment([albumentations.HorizontalFlip(p=0.5)])(images, seed=0)
    mirrored = (changed == images[:, :, ::-1]).all(axis=(1, 2))
    same = (changed == images).all(axis=(1, 2))
    assert (mirrored ^ same).all()
    # 200 tosses: deviation 7, so within five of them
    assert 65 < mirrored.sum() < 135


def test_the_images_given_stay_as_they_are(lively, images):
    before = images.copy()
    lively(images, seed=0)
    assert np.array_equal(images, before)


def test_albumentations_was_told_not_to_ask_for_updates():
    assert os.environ["NO_ALBUMENTATIONS_UPDATE"] == "1"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_crop_larger_than_the_image_is_refused(channels):
    chain = Augment([albumentations.RandomCrop(20, 20)])
    chain.check(20, 20, channels)
    with pytest.raises(FerError, match=r"refuses prepared images of 16x16 .*preprocess\.size"):
        chain.check(16, 16, channels)


def test_a_crop_smaller_than_the_net_needs_is_refused():
    chain = Augment([albumentations.CenterCrop(12, 14)])
    chain.check(16, 12, 1)
    with pytest.raises(FerError, match=r"augment leaves 14x12 pixels, but model\.input\.size=13"):
        chain.check(16, 13, 1)


def test_a_transform_for_colour_is_refused_on_grey():
    chain = Augment([albumentations.ISONoise(p=1)])
    chain.check(16, 16, 3)
    with pytest.raises(FerError, match="augment: a transform refuses"):
        chain.check(16, 16, 1)


@pytest.mark.parametrize("chance", [1, 0.5])
def test_a_transform_that_normalises_is_refused(chance):
    with pytest.raises(FerError, match=r"augment turns pixels into float.*the model normalises"):
        Augment([albumentations.ToFloat(p=chance)]).check(16, 16, 1)


def test_a_transform_that_gives_images_of_many_sizes_is_refused():
    with pytest.raises(FerError, match="augment: a transform refuses"):
        Augment([albumentations.RandomScale(scale_limit=0.5, p=1)]).check(16, 4, 1)
