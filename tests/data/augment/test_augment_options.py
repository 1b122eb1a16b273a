"""Every YAML of conf/augment runs on the images that a user may give it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hydra.utils import instantiate
from omegaconf import OmegaConf

from fer_lightning.data.augment.compose import Augment
from fer_lightning.run.compose import conf_dir

OPTIONS = sorted(path.stem for path in (Path(conf_dir()) / "augment").glob("*.yaml"))


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
    changed = augment(images, seed=0)
    assert changed.dtype == np.uint8
    assert changed.shape[0] == 24
    assert changed.shape[1] == changed.shape[2] >= size
    assert changed.shape[3:] == images.shape[3:]


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_repeats_for_its_seed_and_changes_with_it(option, images):
    first, again, other = (build(option, 40)(images, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert np.array_equal(first, other) == (option == "none")


def test_none_changes_nothing(images):
    assert np.array_equal(build("none", 48)(images, seed=0), images)


def test_flip_crop_shifts_by_at_most_four_pixels():
    # one bright pixel in the centre of darkness cannot leave a 9x9 square around it, or its mirror image
    image = np.zeros((1, 48, 48), dtype=np.uint8)
    image[0, 24, 24] = 255
    places = {tuple(np.argwhere(build("flip_crop", 48)(image, seed)[0])[0].tolist()) for seed in range(60)}
    rows, columns = (np.array(axis) for axis in zip(*places, strict=True))
    assert 20 <= rows.min() < 24 < rows.max() <= 28
    assert 19 <= columns.min() < 23 < columns.max() <= 28
