"""The experiments of paper A vary what their row is about, and a budget does not change their schedule."""

from __future__ import annotations

import pytest
import torch
from hydra.utils import instantiate
from torch import nn

from fer_lightning.run.config.compose import compose, to_plain
from fer_lightning.training.schedules import Length
from tests.conf.test_paper_d import differences

ROWS = ("_cnn", "_pre_cnn", "")


def config(experiment, *overrides):
    return to_plain(compose([f"experiment={experiment}", *overrides, "paths.output_dir=x"]))


def rates(cfg, count):
    """The rate of the first `count` steps, each epoch of as many steps as the config's images make."""
    steps = (cfg["data"]["epoch_images"] or 28_709) // cfg["data"]["batch_size"]
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=cfg["optimizer"]["lr"])
    schedule = instantiate(cfg["scheduler"])(optimizer, Length(cfg["trainer"]["max_epochs"], steps))
    assert schedule.interval == "step"
    return [cfg["optimizer"]["lr"] * schedule.scheduler.lr_lambdas[0](step) for step in range(count)]


def test_a_budget_does_not_change_the_rate_of_any_step():
    whole = rates(config("paper_a_fer2013"), 1_560)
    assert rates(config("paper_a_fer2013", "budget=cpu"), 1_560) == whole
    assert sum(whole) == pytest.approx(120.9, abs=0.1)  # squeezed into a budget it was 33.6


def test_the_rate_falls_to_a_hundredth_over_the_papers_epochs():
    cfg = config("paper_a_fer2013")
    assert rates(cfg, 60 * 224 + 1)[-1] == pytest.approx(0.01 * cfg["optimizer"]["lr"])


@pytest.mark.parametrize("row", ROWS)
def test_augmented_rows_of_table_2_differ_from_raw_ones_in_their_images_alone(row):
    raw, augmented = config(f"paper_a_fer2013{row}"), config(f"paper_a_fer2013{row}_x21")
    assert set(differences(raw, augmented)) == {
        *("augment.offline", "augment.transforms", "augment.light_after_offline", "data.epoch_images"),
        *("paper.column", "paper.value", "preprocess.size", "preprocess.view"),
    }
    assert rates(augmented, 500) == rates(raw, 500)


@pytest.mark.parametrize("experiment", ["paper_a_fer2013_x21", "paper_a_ckplus_x9"])
def test_every_sample_is_equalised_as_the_paper_says(experiment):
    cfg = config(experiment)
    assert cfg["augment"]["light_after_offline"]
    assert cfg["preprocess"]["illumination"] == "equalize"


def test_rows_with_turned_faces_differ_from_the_others_in_the_turning_alone():
    for model, row in (("stn_cnn", "STN-CNN"), ("cnn", "CNN")):
        upright = config("paper_a_fer2013", f"model={model}")
        turned = config("paper_a_fer2013_rotated", f"model={model}")
        assert {key.split(".")[0] for key in differences(upright, turned)} == {"augment", "paper"}
        assert (turned["paper"]["row"], turned["paper"]["value"]) == (row, None)
