"""Costs are those of the nets that fer-train builds; every option of the group `model` has a row."""

from __future__ import annotations

import csv
import re
import shutil
from functools import cache
from pathlib import Path

import pytest
import torch
from support import call

import fer_lightning
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job, conf_dir, list_options
from tools import cost
from tools.cost import build, main

QUICK = ("--batch", 2, "--seconds", 1e-6)  # a step a round


@pytest.fixture(autouse=True)
def _threads_as_before():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def own_conf(tmp_path, monkeypatch) -> Path:
    """A copy of conf/ that every command reads, to be changed."""
    shutil.copytree(conf_dir(), tmp_path / "conf")
    monkeypatch.setattr(fer_lightning, "__file__", str(tmp_path / "fer_lightning" / "__init__.py"))
    return tmp_path / "conf"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.slow
def test_every_option_is_a_row_with_its_own_parameters(tmp_path, capsys, monkeypatch):
    built = cache(build)
    monkeypatch.setattr(cost, "build", built)  # once is enough here
    assert call(main, *QUICK, "--out", tmp_path / "new" / "cost.md", "--csv", tmp_path / "cost.csv") == 0
    found = rows(tmp_path / "cost.csv")
    assert [row["model"] for row in found] == list_options("model")
    for row in found:
        module = built(row["model"], ())
        assert int(row["parameters"]) == sum(p.numel() for p in module.parameters())
        size = module.input.size // getattr(module, "factor", 1)  # a net that enlarges images is given shrunk ones
        assert row["input"] == f"{module.input.channels}x{size}x{size}"
        assert int(row["memory"]) > 2 * 4 * int(row["parameters"])
        assert int(row["multiply_adds"]) > 0
        assert 0 < float(row["train_images_per_second_slowest"]) <= float(row["train_images_per_second"])
        assert 0 < float(row["test_images_per_second_slowest"]) <= float(row["test_images_per_second"])
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed[3 : 3 + len(found)]] == list_options("model")
    page = re.sub(" +", " ", (tmp_path / "new" / "cost.md").read_text())  # whatever the padding of the cells
    assert all(f"| {row['model']} | {row['input']} | {int(row['parameters']):,} |" in page for row in found)


def test_the_page_has_a_row_for_every_net():
    page = (Path(__file__).parents[2] / "docs" / "cost.md").read_text(encoding="utf-8")
    missing = [model for model in list_options("model") if f"| {model} |" not in page]
    assert missing == [], "run make cost, or add the rows of `python -m tools.cost --models NAME`"


def test_the_net_is_that_of_fer_train(tmp_path, tiny_fer2013):
    trained = build_run(compose_job(["model=cnn", "data=fer2013", "trainer=cpu", "logger=none"], tmp_path)).module
    module = build("cnn")
    assert str(module) == str(trained)
    assert all(
        weight.is_contiguous(memory_format=torch.channels_last) for weight in module.parameters() if weight.ndim == 4
    )


def test_the_line_says_how_it_was_measured(tmp_path, capsys):
    how = ("--models", "cnn", "--threads", 1, "--precision", "bf16-mixed", "--csv", tmp_path / "cost.csv")
    assert call(main, *QUICK, *how) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.endswith(f", torch {torch.__version__}, 1 thread, precision bf16-mixed, batch 2")
    (row,) = rows(tmp_path / "cost.csv")
    assert (row["threads"], row["precision"], row["batch"]) == ("1", "bf16-mixed", "2")


def test_overrides_are_of_every_model_and_stand_in_the_line(tmp_path, capsys):
    place = tmp_path / "cost.csv"
    widths = ["model.net.width=4", "--models", "cnn,stn_cnn", "--csv", place, "optimizer=sgd"]
    assert call(main, *QUICK, *widths) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith(", batch 2, model.net.width=4, optimizer=sgd")
    narrow = {row["model"]: int(row["parameters"]) for row in rows(place)}
    assert {row["overrides"] for row in rows(place)} == {"model.net.width=4 optimizer=sgd"}
    for model, parameters in narrow.items():
        module = build(model, ["model.net.width=4"])
        assert (
            parameters
            == sum(p.numel() for p in module.parameters())
            < sum(p.numel() for p in build(model).parameters())
        )


def test_chosen_models_alone_in_the_order_asked(tmp_path):
    assert call(main, *QUICK, "--models", "stn_cnn,cnn,stn_cnn", "--csv", tmp_path / "cost.csv") == 0
    assert [row["model"] for row in rows(tmp_path / "cost.csv")] == ["stn_cnn", "cnn"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "cnn,stn_cn"], "model/stn_cn.yaml; choose among "),
        (["--models", "cnn,stn_cn"], "(did you mean stn_cnn"),
        (["--batch", "0"], "--batch 0: choose 1 or more"),
        (["--threads", "-1"], "--threads -1: choose 1 or more"),
        (["--seconds", "nan"], "--seconds nan: choose more than 0"),
        (["--csv", "{}"], "is a folder: name a file in it"),
        (["model.net.width"], "model.net.width: give KEY=VALUE, as in model.net.batch_norm=true"),
        (["model=cnn"], "model=cnn: models stand behind --models, as in --models cnn"),
        (
            ["trainer.max_epochs=3"],
            "trainer.max_epochs=3: the cost depends on no such key; choose among those of model, ",
        ),
        (
            ["--models", "cnn", "model.net.widht=4"],
            "model=cnn model.net.widht=4: model.net.widht: no such key in model.net",
        ),
        (["--models", "cnn", "model.net.widht=4"], "name those that take it behind --models"),
        (["--models", "cnn", "loss=pixel_l1"], "model=cnn loss=pixel_l1: loss=pixel_l1: "),
        (["--csv", "{}/file/cost.csv"], "/file/cost.csv: "),
    ],
)
def test_a_mistake_is_one_clear_error_and_nothing_is_written(arguments, said, tmp_path, capsys):
    (tmp_path / "file").touch()
    asked = [argument.format(tmp_path) for argument in arguments]
    assert call(main, *QUICK, "--out", tmp_path / "cost.md", *asked) == 1
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.err.startswith("error: ")
    assert printed.out == ""
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_a_new_yaml_appears_by_itself(own_conf):
    shutil.copy(own_conf / "model" / "cnn.yaml", own_conf / "model" / "a_new_net.yaml")
    place = own_conf.parent / "cost.csv"
    assert call(main, *QUICK, "--models", ",".join(list_options("model")[:1]), "--csv", place) == 0
    assert [row["model"] for row in rows(place)] == ["a_new_net"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("defaults: [cnn]\nnet: {width: 0}", "model.net.width=0: choose 1 or more"),
        ("defaults: [cnn]\nnet: {widht: 3}", "has no such parameter"),
        ("defaults: [cn]", "cn"),
        ("defaults: [cnn]\nnet: {width: '${absent}'}", "absent"),
        ("_target_: [a\nnet: {", "line 2"),
    ],
)
def test_a_net_that_does_not_build_is_named_before_anything_is_measured(own_conf, capsys, content, said):
    (own_conf / "model" / "broken.yaml").write_text(content)
    assert call(main, *QUICK, "--models", "cnn,broken", "--out", own_conf.parent / "cost.md") == 1
    printed = capsys.readouterr()
    error, _, way_out = printed.err.partition("\nMend it, or leave it out: --models ")
    assert re.match(rf"error: {re.escape(str(own_conf / 'model' / 'broken.yaml'))}(, line \d+)?: ", error)
    assert said in error
    assert way_out.strip().split(",") == [name for name in list_options("model") if name != "broken"]
    assert printed.out == ""
    assert not (own_conf.parent / "cost.md").exists()


def test_a_net_that_cannot_be_trained_is_named(monkeypatch, capsys):
    def refuse(*_):
        raise RuntimeError("not enough memory: you tried to allocate 7 bytes")

    monkeypatch.setattr("fer_lightning.training.classifier.Classifier.training_step", refuse)
    assert call(main, *QUICK, "--models", "cnn") == 1
    assert f"error: {conf_dir() / 'model' / 'cnn.yaml'}: not enough memory" in capsys.readouterr().err
