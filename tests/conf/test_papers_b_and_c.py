"""The experiments of papers B and C say what the papers say."""

from __future__ import annotations

import pytest

from fer_lightning.run.config.compose import compose, plain


def config(experiment, *overrides):
    return plain(compose([f"experiment={experiment}", "paths.output_dir=x", *overrides]))


@pytest.mark.parametrize(
    ("experiment", "stn", "upscale", "row", "ferplus", "ckplus"),
    [
        ("_base", False, "none", "Base", 0.665, 0.872),
        ("_stn", True, "none", "Base+STN", 0.714, 0.944),
        ("_sr", False, "edsr", "Base+SR", 0.727, 0.951),
        ("", True, "edsr", "Base+STN+SR", 0.734, 0.978),
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
        assert (halved["every"], halved["interval"], cfg["data"]["batch_size"]) == (200_000, "step", 16)


def test_the_systems_of_paper_b_differ_in_their_two_switches_alone():
    nets = [config(f"paper_b_ferplus{name}")["model"]["net"] for name in ("_base", "_stn", "_sr", "")]
    for net in nets:
        del net["stn"], net["upscale"]
    assert all(net == nets[0] for net in nets)


def test_paper_b_reads_fer2013_as_ferplus_with_half_of_the_votes_and_keeps_people_apart_on_ckplus():
    ferplus, ckplus = config("paper_b_ferplus")["data"], config("paper_b_ckplus")["data"]
    assert (ferplus["label_mode"], len(ferplus["class_names"])) == ("share", 8)
    assert (ckplus["classes"], ckplus["frames"], ckplus["protocol"]) == ("7_contempt", "apex", "subject_10fold")


@pytest.mark.parametrize(("experiment", "target"), [("", "torch.nn.L1Loss"), ("_l2", "torch.nn.MSELoss")])
def test_edsr_is_chosen_by_its_own_figure_and_trains_by_pixels(experiment, target):
    cfg = config(f"paper_b_edsr{experiment}")
    assert (cfg["monitor"], cfg["mode"], cfg["loss"]["_target_"]) == ("val/psnr", "max", target)


def test_the_readings_of_l1_against_l2_differ_in_their_loss_alone():
    for one, other in (("paper_b_edsr", "paper_b_edsr_l2"), ("paper_b_ferplus_l1", "paper_b_ferplus_l2")):
        first, second = config(one), config(other)
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
    ("experiment", "key", "value"), [("_no_edges", "edges", "none"), ("_average", "pooling", "average")]
)
def test_an_ablation_of_paper_c_changes_one_thing(experiment, key, value):
    whole, less = config("paper_c_fer2013"), config(f"paper_c_fer2013{experiment}")
    assert less["model"]["net"].pop(key) == value != whole["model"]["net"].pop(key)
    whole.pop("paper"), less.pop("paper")
    assert whole == less
