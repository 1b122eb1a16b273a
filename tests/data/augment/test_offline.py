"""The papers' prescribed variants: how many, which, and always the same ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_lightning.data.augment.offline import CropsOfSizes, Mirrored, NineViews
from fer_lightning.data.preprocess.rotate import rotate
from fer_lightning.errors import FerError


@pytest.fixture(scope="module")
def image():
    """A smooth (48, 48) picture in which every place looks different."""
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), dtype=np.uint8)
    return cv2.GaussianBlur(noise, (5, 5), 0)


def variants(recipe, image, row=3, light=None):
    return recipe(np.stack([image] * recipe.copies), np.full(recipe.copies, row), np.arange(recipe.copies), light)


def resized(image, size):
    return cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA if len(image) > size else cv2.INTER_LINEAR)


def test_there_are_21_variants_and_22_with_the_original_mirrored(image):
    assert CropsOfSizes(32).copies == 21
    assert CropsOfSizes(32).copies * 28_709 == 602_889  # paper A's number
    assert CropsOfSizes(32, flip_original=True).copies == 22
    assert variants(CropsOfSizes(32), image).shape == (21, 32, 32)
    assert len({variant.tobytes() for variant in variants(CropsOfSizes(32), image)}) == 21


def test_the_first_variant_is_the_image_itself_in_the_size_asked_for(image):
    assert np.array_equal(variants(CropsOfSizes(32), image)[0], resized(image, 32))
    assert np.array_equal(variants(CropsOfSizes(48), image)[0], image)


@pytest.mark.parametrize(("flip", "axis"), [("horizontal", 2), ("vertical", 1)])
def test_a_crop_and_its_mirror_image_share_their_place(image, flip, axis):
    made = variants(CropsOfSizes(32, flip=flip, flip_original=True), image)
    assert np.array_equal(made[11:21], np.flip(made[1:11], axis=axis))
    assert np.array_equal(made[21], np.flip(made[0], axis=axis - 1))


def test_crops_have_ten_different_sizes_from_two_thirds_on_and_lie_in_the_image(image):
    # from 32 pixels in steps of 1.6, rounded
    sides = [32, 34, 35, 37, 38, 40, 42, 43, 45, 46]
    made = variants(CropsOfSizes(32), image)
    for side, variant in zip(sides, made[1:11], strict=True):
        places = [
            (top, left)
            for top in range(48 - side + 1)
            for left in range(48 - side + 1)
            if np.array_equal(resized(image[top : top + side, left : left + side], 32), variant)
        ]
        assert len(places) == 1


def test_places_differ_between_rows_and_seeds(image):
    made = variants(CropsOfSizes(32), image)
    assert not np.array_equal(variants(CropsOfSizes(32), image, row=4)[1:], made[1:])
    assert not np.array_equal(variants(CropsOfSizes(32, seed=1), image)[1:], made[1:])
    assert np.array_equal(variants(CropsOfSizes(32), image), made)


@pytest.mark.parametrize("recipe", [CropsOfSizes(32), NineViews()])
def test_a_variant_hangs_on_its_row_and_number_and_not_on_its_batch(recipe):
    images = np.random.default_rng(1).integers(0, 256, (6, 40, 40), dtype=np.uint8)
    rows, views = np.array([9, 2, 2, 5, 0, 9]), np.array([1, 8, 2, 4, 0, 3])
    whole = recipe(images, rows, views)
    back = recipe(images[::-1], rows[::-1], views[::-1])[::-1]
    alone = np.concatenate([recipe(images[n : n + 1], rows[n : n + 1], views[n : n + 1]) for n in range(6)])
    assert np.array_equal(whole, back)
    assert np.array_equal(whole, alone)


@pytest.mark.parametrize("recipe", [CropsOfSizes(32), NineViews()])
def test_colour_keeps_its_channels_and_grey_stays_grey(image, recipe):
    grey = variants(recipe, image)
    colour = variants(recipe, np.repeat(image[..., None], 3, axis=2))
    assert colour.shape == (*grey.shape, 3)
    still = [n for n in range(recipe.copies) if not (isinstance(recipe, NineViews) and "noise" in recipe.variants[n])]
    for channel in range(3):
        assert np.abs(colour[still][..., channel].astype(int) - grey[still]).max() <= 1


def test_nine_views_one_by_one(image):
    made = variants(NineViews(degrees=15, zoom=0.5, noise=0), image)
    mirror = np.ascontiguousarray(image[:, ::-1])
    centre = resized(image[12:36, 12:36], 48)
    expected = [image, centre, rotate(image, 15), rotate(image, -15), image]
    expected += [mirror, rotate(mirror, 15), rotate(mirror, -15), mirror]
    assert len(made) == 9
    for ours, theirs in zip(made, expected, strict=True):
        assert np.array_equal(ours, theirs)


def test_nine_besides_the_original_are_ten(image):
    made = variants(NineViews(zoom=0.5, noise=0, besides=True), image)
    assert len(made) == 10
    # the one that nine leave out is the mirror image's centre
    assert np.abs(made[6].astype(int) - made[1][:, ::-1]).max() <= 1
    assert np.array_equal(np.delete(made, 6, axis=0), variants(NineViews(zoom=0.5, noise=0), image))


def test_noise_has_the_deviation_asked_for_and_is_the_same_every_time(image):
    middle = np.full((200, 200), 128, dtype=np.uint8)
    noisy = variants(NineViews(noise=8), middle)[4].astype(float)
    assert noisy.mean() == pytest.approx(128, abs=0.2)  # deviation of the mean 0.04
    assert noisy.std() == pytest.approx(8, abs=0.2)
    assert np.array_equal(variants(NineViews(noise=8), middle)[4], noisy)
    assert not np.array_equal(variants(NineViews(noise=8, seed=1), middle)[4], noisy)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CropsOfSizes(32, sizes=0), r"augment\.offline\.sizes=0: choose 1 or more"),
        (lambda: CropsOfSizes(32, smallest=1), r"augment\.offline\.smallest=1: choose a share between 0 and 1"),
        (lambda: CropsOfSizes(32, smallest=0), r"augment\.offline\.smallest=0: choose a share"),
        (lambda: CropsOfSizes(32, flip="both"), r"augment\.offline\.flip=both: choose among horizontal, vertical"),
        (lambda: NineViews(zoom=0), r"augment\.offline\.zoom=0: choose a share above 0"),
        (lambda: NineViews(zoom=1.1), r"augment\.offline\.zoom=1\.1: choose a share above 0, at most 1"),
        (lambda: NineViews(noise=-1), r"augment\.offline\.noise=-1: choose 0 or more"),
    ],
)
def test_impossible_settings_are_refused(make, message):
    with pytest.raises(FerError, match=message):
        make()


def test_a_mirrored_set_is_twice_as_large_and_turns_left_and_right(image):
    assert Mirrored().copies * 28_709 == 57_418
    first, second = variants(Mirrored(), image)
    assert np.array_equal(first, image)
    assert np.array_equal(second, cv2.flip(image, 1))


def test_each_crop_is_treated_before_its_size_is_changed(image):
    seen = []

    def light(crop):
        seen.append(crop.shape[0])
        return cv2.equalizeHist(crop)

    made = variants(CropsOfSizes(32), image, light=light)
    assert seen == [48, *[32, 34, 35, 37, 38, 40, 42, 43, 45, 46] * 2]
    assert np.array_equal(made[0], resized(cv2.equalizeHist(image), 32))
    assert np.array_equal(made[11:], made[1:11, :, ::-1])


@pytest.mark.parametrize("recipe", [NineViews(), Mirrored()], ids=["nine", "mirrored"])
def test_each_variant_is_treated_by_itself(image, recipe):
    made = recipe(
        np.stack([image] * recipe.copies), np.full(recipe.copies, 3), np.arange(recipe.copies), cv2.equalizeHist
    )
    assert np.array_equal(made, [cv2.equalizeHist(np.ascontiguousarray(one)) for one in variants(recipe, image)])
