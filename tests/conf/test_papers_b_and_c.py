"""The experiments of papers B and C say what the papers say."""

from __future__ import annotations

from math import ceil

import pytest
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.utils import instantiate

from fer_lightning.run.config.compose import compose, to_plain
from fer_lightning.run.sweep.names import make_job_name
from fer_lightning.training.schedules import Length


def config(experiment, *overrides):
    return to_plain(compose([f"experiment={experiment}", "paths.output_dir=x", *overrides]))


def swept(option):
    """The keys that a sweep varies, and the values of each as they are written."""
    compose([f"sweep={option}", "paths.output_dir=x"])
    return dict(HydraConfig.get().sweeper.params)


@pytest.mark.parametrize(
    ("experiment", "stn", "upscale", "row", "ferplus", "ckplus"),
    [
        ("_base", False, "none", "Base", 0.665, 0.872),
        ("_stn", True, "none", "Base+STN", 0.714, 0.944),
        ("_sr", False, "edsr", "Base+SR, joint", 0.727, 0.951),
        ("", True, "edsr", "Base+STN+SR, joint", 0.734, 0.978),
    ],
)
def test_table_2_of_paper_b_has_four_systems_on_two_sets(experiment, stn, upscale, row, ferplus, ckplus):
    for data, column, value in (("ferplus", "FER2013", ferplus), ("ckplus", "CK+", ckplus)):
        cfg = config(f"paper_b_{data}{experiment}")
        net, paper = cfg["model"]["net"], cfg["paper"]
        assert (net["stn"], net["upscale"], net["blocks"], net["features"]) == (stn, upscale, 16, 128)
        assert (paper["table"], paper["row"], paper["column"], paper["value"]) == ("Table 2", row, column, value)
        adam, halved = cfg["optimizer"], cfg["scheduler"]
        assert adam["_target_"] == "torch.optim.Adam"
        assert (adam["lr"], adam["betas"], adam["eps"]) == (1e-4, [0.9, 0.999], 1e-8)
        assert (halved["gamma"], halved["interval"], cfg["data"]["batch_size"]) == (0.5, "step", 16)


def test_the_systems_of_paper_b_differ_in_their_two_switches_alone():
    nets = [config(f"paper_b_ferplus{name}")["model"]["net"] for name in ("_base", "_stn", "_sr", "")]
    for net in nets:
        del net["stn"], net["upscale"]
    assert all(net == nets[0] for net in nets)


# of a training; CK+'s is one of ten folds
IMAGES = {"paper_b_ferplus": 25_373, "paper_b_ckplus": 250, "paper_b_edsr": 28_709}


@pytest.mark.parametrize("experiment", IMAGES)
def test_paper_b_trains_long_enough_and_its_rate_is_halved_within_the_training(experiment):
    cfg = config(experiment)
    length = Length(cfg["trainer"]["max_epochs"], ceil(IMAGES[experiment] / cfg["data"]["batch_size"]))
    steps = length.epochs * length.steps_per_epoch
    assert steps > 5_000
    optimizer = torch.optim.Adam([torch.zeros(1, requires_grad=True)], lr=cfg["optimizer"]["lr"])
    scheduler = instantiate(cfg["scheduler"])(optimizer, length).scheduler
    (factor,) = scheduler.lr_lambdas
    assert [factor(0), factor(steps // 2), factor(steps - 1)] == [1, 1, 0.5]


EDSR = "/sweeps/paper_b_edsr/seed=2"


@pytest.mark.parametrize(
    ("experiment", "row", "weights", "frozen", "value"),
    [
        ("_sr", "Base+SR, joint", None, None, 0.727),
        ("_sr_pretrained", "Base+SR, pre-trained then joint", EDSR, None, 0.727),
        ("_sr_frozen", "Base+SR, pre-trained and frozen", EDSR, ["sr.*"], 0.727),
        ("_sr_random", "Base+SR, random convolutions", None, ["sr.*"], None),
        ("_pretrained", "Base+STN+SR, pre-trained then joint", EDSR, None, 0.734),
    ],
)
def test_rows_of_table_2_differ_in_what_starts_edsr_and_whether_it_learns(experiment, row, weights, frozen, value):
    cfg = config(f"paper_b_ferplus{experiment}", "seed=2", "paths.log_dir=")
    assert (cfg["paper"]["row"], cfg["paper"]["value"], cfg["init_from"]) == (row, value, weights)
    freeze = cfg["callbacks"].pop("freeze", {})
    assert freeze.get("patterns") == frozen
    joint = config("paper_b_ferplus" + ("" if "STN" in row else "_sr"), "seed=2", "paths.log_dir=")
    for one in (cfg, joint):
        del one["paper"], one["init_from"]
    assert cfg == joint


def test_table_2_of_paper_b_takes_every_row_and_the_control_of_equal_size():
    rows = [config(experiment)["paper"]["row"] for experiment in swept("paper_b_table2")["experiment"].split(",")]
    assert len(set(rows)) == len(rows) == 9
    assert {"Base", "Base+STN", "Base+bicubic"} < set(rows)


def test_edsr_x4_begins_with_the_x2_net_that_its_own_sweep_leaves():
    cfg = config("paper_b_edsr_x4", "seed=1", "paths.log_dir=")
    assert (cfg["model"]["net"]["factor"], cfg["paper"]["row"]) == (4, "EDSR x4")
    varied = list(swept("paper_b_edsr"))
    assert varied == ["seed"]
    assert cfg["init_from"] == f"/sweeps/paper_b_edsr/{make_job_name(['seed=1'], varied)}"


def test_paper_b_reads_fer2013_as_ferplus_with_half_of_the_votes_and_keeps_people_apart_on_ckplus():
    ferplus, ckplus = config("paper_b_ferplus")["data"], config("paper_b_ckplus")["data"]
    assert (ferplus["label_mode"], len(ferplus["class_names"])) == ("share", 8)
    assert (ckplus["classes"], ckplus["frames"], ckplus["protocol"]) == ("7_contempt", "apex", "subject_10fold")


@pytest.mark.parametrize(("experiment", "target"), [("", "torch.nn.L1Loss"), ("_l2", "torch.nn.MSELoss")])
def test_edsr_is_chosen_by_its_own_figure_and_trains_by_pixels(experiment, target):
    cfg = config(f"paper_b_edsr{experiment}")
    assert (cfg["monitor"], cfg["mode"], cfg["loss"]["_target_"]) == ("val/psnr", "max", target)


def test_the_readings_of_l1_against_l2_differ_in_their_loss_alone():
    edsr = config("paper_b_edsr"), config("paper_b_edsr_l2")
    classifier = [
        tuple(config("paper_b_ferplus_loss", f"loss=l{norm}{form}") for norm in (1, 2)) for form in ("_plain", "")
    ]
    for first, second in (edsr, *classifier):
        assert (first["paper"]["column"], second["paper"]["column"]) == ("L1", "L2")
        assert first.pop("loss") != second.pop("loss")
        first["paper"].pop("column"), second["paper"].pop("column")
        assert first == second


def test_paper_c_takes_25000_iterations_of_48_by_the_mean_square_error():
    cfg = config("paper_c_fer2013")
    assert (cfg["data"]["batch_size"], cfg["trainer"]["max_epochs"]) == (48, 50)
    # an incomplete batch is dropped: 499 whole ones, "that is, 25,000 iterations"
    assert 50 * (cfg["data"]["epoch_images"] // 48) == 24_950
    assert (cfg["loss"]["_target_"], cfg["loss"]["norm"]) == ("fer_lightning.training.losses.ProbabilityLoss", 2)
    assert (cfg["data"]["protocol"], cfg["data"]["num_folds"], cfg["paper"]["value"]) == ("paper_c_kfold", 3, 0.8856)


@pytest.mark.parametrize("data", ["fer2013", "lfw_mixed"])
def test_the_rivals_of_paper_c_have_the_rates_that_validation_chose(data):
    assert [config(f"paper_c_{data}_{rival}")["optimizer"]["lr"] for rival in ("frr", "rcnn")] == [3e-4, 1e-3]


def test_paper_c_has_an_experiment_on_the_published_28709_and_7178():
    published, folds = config("paper_c_fer2013_published"), config("paper_c_fer2013")
    data = published["data"]
    assert (data["protocol"], data["num_folds"], data["epoch_images"]) == ("paper_c", None, None)
    assert published["model"] == folds["model"]


def test_paper_cs_training_rates_stand_beside_training_rates():
    papers = [config(f"paper_c_convergence{name}")["paper"] for name in ("", "_rcnn")]
    assert [paper["metric"] for paper in papers] == ["train/accuracy_last"] * 2
    assert [paper["value"] for paper in papers] == [0.8554, 0.7778]


def test_the_mixed_faces_go_through_the_whole_preprocessing_and_fer2013_through_none():
    mixed, plainly = config("paper_c_lfw_mixed"), config("paper_c_fer2013")
    prepared = mixed["preprocess"]
    assert (prepared["size"], prepared["illumination"], prepared["light_last"]) == (128, "equalize_eq12", True)
    assert (mixed["data"]["locate"]["detectors"], mixed["model"]["input"]["size"]) == (["haar"], 96)
    assert (plainly["preprocess"]["size"], plainly["preprocess"]["illumination"]) == (96, "none")
    assert plainly["data"]["locate"]["detectors"] == []


@pytest.mark.parametrize(
    ("experiment", "key", "value", "lr"),
    [("_no_edges", "edges", "none", 3e-4), ("_average", "pooling", "average", 1e-4)],
)
def test_an_ablation_of_paper_c_changes_one_thing_and_has_its_own_rate(experiment, key, value, lr):
    whole, less = config("paper_c_fer2013"), config(f"paper_c_fer2013{experiment}")
    assert (whole["optimizer"].pop("lr"), less["optimizer"].pop("lr")) == (1e-4, lr)
    assert less["model"]["net"].pop(key) == value != whole["model"]["net"].pop(key)
    whole.pop("paper"), less.pop("paper")
    assert whole == less
