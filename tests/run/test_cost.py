"""Costs are those of the nets that fer-train builds; every option of the group `model` has a row."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest
import torch
from support import call
from torch import nn

import fer_lightning
from fer_lightning.run import costing
from fer_lightning.run.build import build_run
from fer_lightning.run.compose import compose_job, conf_dir, options
from fer_lightning.run.cost import build, main
from fer_lightning.run.costing import images_per_second, measure, multiply_adds

QUICK = ("--batch", 2, "--seconds", 1e-6)  # a step a round
CNN = {  # by hand: weights of a pixel times pixels; paper A's net at 32 x 32, width 16, 512 hidden units, 7 classes
    "convolutions": 9 * 1 * 16 * 32**2
    + 9 * 16 * 32 * 16**2
    + 9 * 32 * 64 * 16**2
    + 9 * 64 * 64 * 8**2
    + 64 * 128 * 8**2,
    "inception": 2 * 8**2 * (128 * 32 + (128 * 32 + 9 * 32 * 32) + (128 * 32 + 9 * 32 * 48 + 9 * 48 * 48) + 128 * 16),
    "linear": 128 * 4**2 * 512 + 512 * 7,
}
LOCALISATION = 9 * 1 * 16 * 16**2 + 9 * 16 * 32 * 8**2 + 32 * 4**2 * 64 + 64 * 6


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


def counted(name: str) -> int:
    module = build(name)
    spec = module.input
    return multiply_adds(module, torch.zeros(1, spec.channels, spec.size, spec.size, dtype=torch.uint8))


def test_multiply_adds_are_those_worked_out_by_hand():
    assert counted("cnn") == sum(CNN.values()) == 17_419_776


def test_a_spatial_transformer_adds_its_localisation_net_and_not_its_sampling():
    assert counted("stn_cnn") == sum(CNN.values()) + LOCALISATION


class Attention(nn.Module):
    """Torch's own product of attention, which has a fused way of its own on a processor."""

    def forward(self, x):
        return nn.functional.scaled_dot_product_attention(x, x, x)


def test_attention_counts_its_two_products():
    assert multiply_adds(Attention(), torch.randn(1, 2, 5, 8)) == 2 * 2 * 5 * 5 * 8


def test_a_transformer_layer_counts_whole_though_torch_would_fuse_it():
    layer = nn.TransformerEncoderLayer(d_model=8, nhead=2, dim_feedforward=16, batch_first=True)
    projections, attention, feedforward = 4 * 8 * 8 * 4, 2 * 4 * 4 * 8, 2 * 8 * 16 * 4
    assert multiply_adds(layer, torch.randn(1, 4, 8)) == projections + attention + feedforward


@pytest.mark.slow
def test_every_option_is_a_row_with_its_own_parameters(tmp_path, capsys):
    assert call(main, *QUICK, "--out", tmp_path / "new" / "cost.md", "--csv", tmp_path / "cost.csv") == 0
    found = rows(tmp_path / "cost.csv")
    assert [row["model"] for row in found] == options("model")
    for row in found:
        module = build(row["model"])
        assert int(row["parameters"]) == sum(p.numel() for p in module.parameters())
        assert row["input"] == f"{module.input.channels}x{module.input.size}x{module.input.size}"
        assert int(row["multiply_adds"]) > 0
        assert 0 < float(row["train_images_per_second_slowest"]) <= float(row["train_images_per_second"])
        assert 0 < float(row["test_images_per_second_slowest"]) <= float(row["test_images_per_second"])
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed[3 : 3 + len(found)]] == options("model")
    page = (tmp_path / "new" / "cost.md").read_text()
    assert all(f"| {row['model']} | {row['input']} | {int(row['parameters']):,} |" in page for row in found)


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


@pytest.mark.parametrize(("precision", "kind"), [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16)])
def test_precision_is_that_of_the_convolutions_in_training_and_in_testing(precision, kind):
    module, seen = build("cnn"), {}
    convolution = module.net.features[0][0]

    def see(key, tensor):
        seen.setdefault(key, []).append(tensor.dtype)

    convolution.register_forward_hook(lambda layer, _, out: see(layer.training, out))
    convolution.weight.register_hook(lambda gradient: see("gradient", gradient))
    before = [p.detach().clone() for p in module.parameters()]
    measure(module, "cnn", 2, 1e-6, precision)
    assert seen[False][0] is torch.float32  # the count of multiply-adds
    assert {*seen[False][1:], *seen[True]} == {kind}
    assert set(seen["gradient"]) == {torch.float32}
    assert not any(torch.equal(one, other) for one, other in zip(before, module.parameters(), strict=True))


def test_a_rate_is_the_median_of_rounds_without_the_first(monkeypatch):
    # a clock that steps alone move: 9 s to warm up, then 2, 1, 4, 2, 3 s for one batch of 12 each
    clock, durations = [0.0], iter([9.0, 2.0, 1.0, 4.0, 2.0, 3.0])

    def step():
        clock[0] += next(durations)

    monkeypatch.setattr(costing.time, "perf_counter", lambda: clock[0])
    assert images_per_second(step, 12, seconds=5) == (6.0, 3.0, 12.0)


def test_a_round_takes_as_many_steps_as_its_time_holds(monkeypatch):
    clock, steps = [0.0], []

    def step():
        steps.append(clock[0])
        clock[0] += 0.5

    monkeypatch.setattr(costing.time, "perf_counter", lambda: clock[0])
    assert images_per_second(step, 3, seconds=10) == (6.0, 6.0, 6.0)
    assert len(steps) == 6 * 4  # six rounds of 2 s


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
    assert call(main, *QUICK, "--models", ",".join(options("model")[:1]), "--csv", place) == 0
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
    assert error.startswith(f"error: {own_conf / 'model' / 'broken.yaml'}: ")
    assert said in error
    assert way_out.strip().split(",") == [name for name in options("model") if name != "broken"]
    assert printed.out == ""
    assert not (own_conf.parent / "cost.md").exists()


def test_a_net_that_cannot_be_trained_is_named(monkeypatch, capsys):
    def refuse(*_):
        raise RuntimeError("not enough memory: you tried to allocate 7 bytes")

    monkeypatch.setattr("fer_lightning.training.classifier.Classifier.training_step", refuse)
    assert call(main, *QUICK, "--models", "cnn") == 1
    assert f"error: {conf_dir() / 'model' / 'cnn.yaml'}: not enough memory" in capsys.readouterr().err
