"""Every YAML of conf/augment runs on the images that a user may give it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.sampling import Draw
from fer_lightning.run.config.compose import conf_dir

OPTIONS = sorted(path.stem for path in (Path(conf_dir()) / "augment").glob("*.yaml"))
FIXED = {"none", "paper_a_x21", "paper_a_x9", "paper_d_mirror"}  # the same in every epoch
COPIES = {"paper_a_x21": 21, "paper_a_x9": 9, "paper_d_mirror": 2}


def changed_by(augment: Augment, images: np.ndarray, seed: int) -> np.ndarray:
    """The images changed, each in another one of its prescribed variants where there are any."""
    rows = np.arange(len(images))
    return augment(images, Draw(rows, seed, rows % augment.copies if augment.copies > 1 else None))


def build(option: str, size: int) -> Augment:
    group = OmegaConf.load(Path(conf_dir()) / "augment" / f"{option}.yaml")
    config = OmegaConf.create({"augment": group, "model": {"input": {"size": size}}})
    return instantiate(config.augment, _convert_="all")


@pytest.fixture(scope="module", params=["grey", "colour"])
def images(request):
    shape = (24, 48, 48) if request.param == "grey" else (24, 48, 48, 3)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def test_the_folder_is_not_empty():
    assert {"none", "flip"} <= set(OPTIONS)


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("size", [48, 40])
def test_an_option_gives_images_that_the_net_can_take(option, size, images):
    augment = build(option, size)
    augment.check(48, size, 1 if images.ndim == 3 else 3)
    changed = changed_by(augment, images, seed=0)
    assert changed.dtype == np.uint8
    assert changed.shape[0] == 24
    assert changed.shape[1] == changed.shape[2] >= size
    assert changed.shape[3:] == images.shape[3:]


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_repeats_for_its_seed_and_changes_with_it(option, images):
    first, again, other = (changed_by(build(option, 40), images, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert np.array_equal(first, other) == (option in FIXED)


def test_none_changes_nothing(images):
    assert np.array_equal(changed_by(build("none", 48), images, seed=0), images)


@pytest.mark.parametrize("option", OPTIONS)
def test_an_epoch_has_so_many_variants_of_each_image(option):
    assert build(option, 32).copies == COPIES.get(option, 1)


def test_flip_crop_shifts_by_at_most_four_pixels():
    # one bright pixel in the centre of darkness cannot leave a 9x9 square around it, or its mirror image
    image = np.zeros((1, 48, 48), dtype=np.uint8)
    image[0, 24, 24] = 255
    places = {tuple(np.argwhere(changed_by(build("flip_crop", 48), image, seed)[0])[0].tolist()) for seed in range(60)}
    rows, columns = (np.array(axis) for axis in zip(*places, strict=True))
    assert 20 <= rows.min() < 24 < rows.max() <= 28
    assert 19 <= columns.min() < 23 < columns.max() <= 28
