"""A whole run of a net that enlarges, and what other commands make of its checkpoint."""

from __future__ import annotations

import json
import logging

import pytest
import torch
from support import TINY, call

from fer_lightning.commands import evaluate as evaluate_command
from fer_lightning.errors import FerError
from fer_lightning.results.result import read
from fer_lightning.results.summary import scores
from fer_lightning.run.build import build_module, build_run
from fer_lightning.run.checkpoint.init_weights import load_initial_weights
from fer_lightning.run.config.compose import compose, compose_job, make_job
from fer_lightning.run.evaluate import evaluate
from fer_lightning.run.load import load
from fer_lightning.run.train import train

SMALL = ["model.net.blocks=1", "model.net.features=4", "logger=none"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("enlarging")
    train(compose_job([*TINY, *SMALL, "model=edsr", "debug=fast"], folder))
    return folder


def module_of(tmp_path, *overrides):
    config = compose_job([*TINY, *SMALL, *overrides], tmp_path).config
    torch.manual_seed(1)
    return build_module(config, config["data"]["class_names"])


def test_the_model_alone_chooses_loss_and_figure(folder):
    result = read(folder)
    assert (result.choices["loss"], result.config["monitor"]) == ("pixel_l1", "val/psnr")


def test_the_result_has_figures_of_images_and_none_of_classes(folder):
    result = read(folder)
    measured = {f"test/{name}" for name in ("loss", "psnr", "ssim", "psnr_bicubic", "ssim_bicubic")}
    assert {name for name in result.metrics if name.startswith("test/")} == measured
    assert all(value is not None for value in result.metrics.values())
    assert (result.confusion_matrix, result.intervals) == ([], {})
    assert "predictions" not in result.files
    assert (folder / result.files["enlarged"]).stat().st_size > 0
    assert result.timing["test_images_per_second"] > 0


def test_the_closing_table_sets_the_net_beside_interpolation(folder):
    result = read(folder)
    rows = {row.name: row.value for row in scores(result)}
    assert rows["PSNR"] == f"{result.metrics['test/psnr']:.2f} dB"
    gain = result.metrics["test/psnr"] - result.metrics["test/psnr_bicubic"]
    assert rows["above bicubic"] == f"{gain:.2f} dB"
    assert "accuracy" not in rows


def test_the_checkpoint_is_tested_on_other_images_by_itself(folder, tiny_mnist, tmp_path):
    overrides = ["data=mnist", f"ckpt={folder / 'checkpoints' / 'best.ckpt'}", "data.batch_size=16"]
    result, score = evaluate(
        make_job(compose([*overrides, f"paths.output_dir={tmp_path}"], "eval"), overrides, tmp_path)
    )
    assert score == result.metrics["test/psnr"]
    assert result.class_names[0] == "0"
    assert result.metrics["test/psnr_bicubic"] > 0
    assert json.loads((tmp_path / "result.json").read_text())["files"]["enlarged"] == "enlarged.png"


def test_the_command_that_tests_it_prints_its_figures(folder, tmp_path, capsys):
    command = [f"ckpt={folder / 'checkpoints' / 'best.ckpt'}", "data=synthetic", *TINY, f"hydra.run.dir={tmp_path}"]
    assert call(evaluate_command.main, *command) == 0
    assert "above bicubic" in capsys.readouterr().out


def test_it_names_no_expressions(folder):
    with pytest.raises(FerError, match="its net does not name expressions"):
        load(folder)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (
            ["model=edsr", "loss=cross_entropy"],
            r"loss=cross_entropy: .*this model enlarges .*choose pixel_l1, pixel_l2$",
        ),
        (["model=edsr", "loss=l1"], r"loss=l1: .*choose pixel_l1, pixel_l2$"),
        (
            ["model=resnet", "loss=pixel_l1"],
            r"loss=pixel_l1: .*choose cross_entropy, elr, focal, l1, l1_plain, l2, l2_plain, smoothed, weighted",
        ),
        (["model=edsr", "pages=warps"], r"pages=warps .*leave them out"),
        (["model=edsr", "model.input.size=49"], r"model\.net\.factor=2: .* such as 48"),
        (["model=edsr", "monitor=val/accuracy"], r"monitor=val/accuracy: choose among val/loss, val/psnr"),
        (["model=edsr", "model.net.channels=1"], r"model\.net: it does not enlarge images of 3 channels"),
    ],
)
def test_what_does_not_fit_is_one_error(overrides, told, tmp_path):
    small = SMALL if "model=edsr" in overrides else ["logger=none"]
    with pytest.raises(FerError, match=told):
        build_run(compose_job([*TINY, *small, *overrides], tmp_path))


def test_a_higher_factor_starts_with_the_weights_of_the_lower(folder, tmp_path, caplog):
    module = module_of(tmp_path, "model=edsr", "model.net.factor=4")
    with caplog.at_level(logging.INFO):
        loaded = load_initial_weights(module, folder / "checkpoints" / "best.ckpt")
    assert set(module.net.state_dict()) - set(loaded) == {"up.1.0.weight", "up.1.0.bias"}
    assert "2 new, as the model starts them: up.1.0.weight, up.1.0.bias" in caplog.text


def test_a_system_that_has_an_edsr_starts_with_it_and_keeps_the_rest(folder, tmp_path):
    module = module_of(tmp_path, "model=b_stn_sr")
    before = {name: value.clone() for name, value in module.net.state_dict().items()}
    path = folder / "checkpoints" / "best.ckpt"
    loaded = load_initial_weights(module, path)
    saved = torch.load(path, weights_only=True)["state_dict"]
    assert set(loaded) == {name for name in before if name.startswith("sr.")}
    for name, value in module.net.state_dict().items():
        expected = saved[f"net.{name.removeprefix('sr.')}"] if name.startswith("sr.") else before[name]
        assert torch.equal(value, expected), name


@pytest.mark.parametrize("row", ["pretrained", "frozen"])
def test_a_row_of_table_2_begins_with_a_trained_edsr_and_keeps_it_where_frozen(row, folder, tmp_path):
    faces = ["data=synthetic", "~data.label_mode", *TINY, "model.net.name=resnet10t", "debug=fast"]
    train(compose_job([f"experiment=paper_b_ferplus_sr_{row}", *faces, *SMALL, f"init_from={folder}"], tmp_path))
    paths = [run / "checkpoints" / f"{kind}.ckpt" for run, kind in ((folder, "best"), (tmp_path, "last"))]
    alone, system = (torch.load(path, weights_only=True)["state_dict"] for path in paths)
    edsr = {name.removeprefix("net."): value for name, value in alone.items() if name.startswith("net.")}
    moved = {name for name, value in edsr.items() if not torch.equal(system[f"net.sr.{name}"], value)}
    assert moved == (set() if row == "frozen" else set(edsr))
    trained = json.loads((tmp_path / "result.json").read_text())["paper"]["row"]
    assert trained == f"Base+SR, pre-trained {'and frozen' if row == 'frozen' else 'then joint'}"
