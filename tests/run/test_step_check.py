"""Covers run/step_check.py: what fails in a step is told before training; all else trains as without the check."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from support import TINY, call
from torch import nn

from fer_lightning.commands import train as command
from fer_lightning.errors import FerError
from fer_lightning.run import train as training
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.step_check import check_steps
from fer_lightning.training.random_state import get_random_state

# dropout and batch normalisation: the first draws random numbers, the second keeps statistics
SMALL = [*TINY, "model=resnet", "model.net.blocks=[1,1,1]", "model.net.widths=[8,8,8]", "logger=none"]
BATCH_OF_ONE = ["model=timm", "model.net.name=resnet10t", "model.net.small_stem=false", "model.input.size=32"]


@pytest.fixture
def run(tmp_path):
    return build_run(compose_job(SMALL, tmp_path))


def check(run):
    check_steps(run.module, run.datamodule, run.trainer, shared_norm=False, name="model=m, loss=l")


def test_a_check_leaves_no_trace(run):
    random.seed(1), np.random.seed(1), torch.manual_seed(1)
    before, state = get_random_state(), {name: v.clone() for name, v in run.module.state_dict().items()}
    modes = [part.training for part in run.module.modules()]
    check(run)
    after = get_random_state()
    assert torch.equal(after.pop("torch"), before.pop("torch"))
    assert after == before
    assert all(torch.equal(value, state[name]) for name, value in run.module.state_dict().items())
    assert all(parameter.grad is None for parameter in run.module.parameters())
    assert modes == [part.training for part in run.module.modules()]
    assert run.module.stage_metrics("train").confusion.sum() == 0
    assert run.module._trainer is None


def test_a_training_ends_as_it_would_without_the_check(tmp_path, monkeypatch):
    words = [*SMALL, "debug=fast", "data.batch_size=16"]
    with_check = training.train(compose_job(words, tmp_path / "with"))
    monkeypatch.setattr(training, "check_steps", lambda *_: None)
    without = training.train(compose_job(words, tmp_path / "without"))
    assert with_check.metrics == without.metrics
    kept = [
        torch.load(tmp_path / name / "checkpoints" / "last.ckpt", weights_only=True) for name in ("with", "without")
    ]
    first, second = (one["state_dict"] for one in kept)
    assert all(torch.equal(value, second[name]) for name, value in first.items())


class Fails(nn.Module):
    """Fails in one mode, on batches up to a size."""

    def __init__(self, net, training, size):
        super().__init__()
        self.net, self.mode, self.size = net, training, size

    def forward(self, x):
        if self.training == self.mode and len(x) <= self.size:
            raise IndexError(f"no such batch as {len(x)}")
        return self.net(x)


def test_a_training_step_is_tried_on_a_whole_batch(run):
    run.module.net = Fails(run.module.net, True, 16)
    with pytest.raises(
        FerError, match=r"^model=m, loss=l: a training step on a batch of 16 images fails \(IndexError: "
    ):
        check(run)
    run.module.net.size = 15
    check(run)


def test_a_test_step_is_tried_on_the_smallest_batch(run):
    val, test = len(run.datamodule.protocol.val), len(run.datamodule.protocol.test)
    smallest = min(val % 16 or 16, test % 16 or 16)
    run.module.net = Fails(run.module.net, False, smallest)
    with pytest.raises(FerError, match=rf"validation or test step on a batch of {smallest} images? fails"):
        check(run)
    run.module.net.size = smallest - 1
    check(run)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            [*BATCH_OF_ONE, "data.batch_size=1"],
            "a training step on a batch of 1 image fails (ValueError: Expected more",
        ),
        (
            ["trainer.val_check_interval=100"],
            "error: trainer: `val_check_interval` (100) must be less than or equal to",
        ),
        (
            ["callbacks=early_stopping", "callbacks.early_stopping.monitor=val/acc"],
            "error: callbacks.early_stopping.monitor=val/acc: choose among",
        ),
        (["scheduler=plateau", "scheduler.monitor=val/acc"], "error: scheduler.monitor=val/acc: choose among"),
    ],
)
def test_what_libraries_refuse_is_told_before_the_first_epoch(tmp_path, capfd, words, message):
    assert call(command.main, *TINY, "debug=fast", *words, f"hydra.run.dir={tmp_path}") == 1
    err = capfd.readouterr().err
    assert message in err
    assert err.count("error: ") == 1
    assert "Traceback" not in err
    assert "epoch 1" not in err
    assert not (tmp_path / "result.json").exists()
