"""Random changes repeat for a seed, and what cannot work is said before training begins."""

from __future__ import annotations

import os

import albumentations
import numpy as np
import pytest
import torch

from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.augment.offline import CropsOfSizes
from fer_lightning.data.sampling import Draw
from fer_lightning.errors import FerError


def draw(images, seed, views=None):
    return Draw(np.arange(len(images)), seed, views)


@pytest.fixture(scope="module")
def images():
    return np.random.default_rng(0).integers(0, 256, (200, 16, 16), dtype=np.uint8)


@pytest.fixture
def lively() -> Augment:
    return Augment([albumentations.HorizontalFlip(p=0.5), albumentations.Affine(rotate=(-20, 20), p=1)])


def test_a_seed_repeats_whatever_came_before(lively, images):
    first = lively(images, draw(images, seed=3))
    other = lively(images, draw(images, seed=4))
    assert np.array_equal(lively(images, draw(images, seed=3)), first)
    assert not np.array_equal(other, first)


def test_two_chains_of_one_kind_agree(lively, images):
    twin = Augment([albumentations.HorizontalFlip(p=0.5), albumentations.Affine(rotate=(-20, 20), p=1)])
    assert np.array_equal(lively(images, draw(images, seed=3)), twin(images, draw(images, seed=3)))


def test_images_of_a_batch_are_changed_differently(lively, images):
    alike = np.repeat(images[:1], 20, axis=0)
    changed = lively(alike, draw(alike, seed=0))
    assert len({image.tobytes() for image in changed}) == 20


def test_a_chain_of_nothing_changes_nothing(images):
    assert np.array_equal(Augment([])(images, draw(images, seed=0)), images)


def test_a_flip_mirrors_about_half_and_leaves_the_rest(images):
    changed = Augment([albumentations.HorizontalFlip(p=0.5)])(images, draw(images, seed=0))
    mirrored = (changed == images[:, :, ::-1]).all(axis=(1, 2))
    same = (changed == images).all(axis=(1, 2))
    assert (mirrored ^ same).all()
    # 200 tosses: deviation 7, so within five of them
    assert 65 < mirrored.sum() < 135


def test_the_images_given_stay_as_they_are(lively, images):
    before = images.copy()
    lively(images, draw(images, seed=0))
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


class Darker:
    """Three variants: less by the view, and by the row."""

    copies = 3

    def __call__(self, images, rows, views, light=None):
        return images - (views + rows).astype(np.uint8)[:, None, None]


def test_prescribed_variants_come_before_the_random_changes():
    blank = np.full((4, 6, 6), 200, dtype=np.uint8)
    wanted = Draw(np.array([0, 1, 0, 3]), seed=0, views=np.array([0, 0, 2, 1]))
    both = Augment([albumentations.InvertImg(p=1)], offline=Darker())
    assert both.copies == 3
    assert both(blank, wanted)[:, 0, 0].tolist() == [255 - 200, 255 - 199, 255 - 198, 255 - 196]
    assert Augment(offline=Darker())(blank, wanted)[:, 0, 0].tolist() == [200, 199, 198, 196]
    assert Augment().copies == 1


def test_without_views_no_variant_is_made():
    blank = np.full((4, 6, 6), 200, dtype=np.uint8)
    assert np.array_equal(Augment(offline=Darker())(blank, draw(blank, seed=0)), blank)


def test_a_recipe_that_leaves_less_than_the_net_needs_is_refused():
    Augment(offline=CropsOfSizes(12)).check(16, 12, 1)
    with pytest.raises(FerError, match=r"augment leaves 12x12 pixels, but model\.input\.size=13"):
        Augment(offline=CropsOfSizes(12)).check(16, 13, 1)


def test_a_transform_of_another_library_is_refused():
    with pytest.raises(FerError, match=r"augment\.transforms\.1: .*Identity is no transform of albumentations"):
        Augment([albumentations.HorizontalFlip(), torch.nn.Identity()])


def test_groups_of_transforms_are_taken():
    chain = albumentations.OneOf([albumentations.HorizontalFlip(p=1), albumentations.VerticalFlip(p=1)], p=1)
    Augment([chain]).check(size=16, wanted=16, channels=1)


def test_tensors_are_refused_before_training():
    with pytest.raises(FerError, match="augment makes a Tensor of an image: leave out its ToTensorV2"):
        Augment([albumentations.pytorch.ToTensorV2()]).check(size=16, wanted=16, channels=1)


def test_another_number_of_channels_is_refused():
    with pytest.raises(FerError, match=r"images of shape \(16, 16\) into \(16, 16, 3\): leave out what changes their"):
        Augment([albumentations.ToRGB(p=1)]).check(size=16, wanted=16, channels=1)
