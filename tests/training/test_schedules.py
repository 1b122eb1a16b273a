"""Covers fer_lightning/training/schedules.py, conf/optimizer and conf/scheduler."""

from __future__ import annotations

import math
import warnings
from functools import partial
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR, CosineAnnealingWarmRestarts, ExponentialLR, OneCycleLR, StepLR

from fer_lightning.errors import FerError
from fer_lightning.training.schedules import (
    Length,
    constant,
    cosine,
    cosine_restarts,
    exponential,
    one_cycle,
    plateau,
    step,
)

CONF = Path(__file__).parents[2] / "conf"
LENGTH = Length(epochs=10, steps_per_epoch=4)


def sgd(lr: float = 0.1) -> torch.optim.SGD:
    return torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=lr, momentum=0.9)


def curve(make, length=LENGTH, lr=0.1, optimizer=None):
    """The lr of every epoch, or of every step where the schedule counts steps."""
    optimizer = optimizer or sgd(lr)
    schedule = make(optimizer, length)
    scheduler = schedule.scheduler if hasattr(schedule, "scheduler") else schedule
    per_epoch = length.steps_per_epoch if getattr(schedule, "interval", "epoch") == "step" else 1
    rates = []
    for _ in range(length.epochs * per_epoch):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


def test_constant():
    assert curve(constant) == [0.1] * 10


def test_exponential_by_epoch_is_torchs():
    theirs = curve(lambda optimizer, _: ExponentialLR(optimizer, 0.9))
    assert curve(partial(exponential, gamma=0.9)) == pytest.approx(theirs)


def test_exponential_by_step_means_the_same_gamma_per_epoch():
    by_step = curve(partial(exponential, gamma=0.9, interval="step"))
    assert by_step[::4] == pytest.approx(curve(partial(exponential, gamma=0.9)))
    assert by_step[2] == pytest.approx(0.1 * math.sqrt(0.9))  # half an epoch


def test_exponential_ends_at_its_share_whatever_the_length():
    end = partial(exponential, end_factor=0.01, interval="step")
    assert curve(end)[-1] * 0.01 ** (1 / 40) == pytest.approx(0.1 * 0.01)  # ten epochs of four steps
    assert curve(end)[20] == pytest.approx(0.1 * 0.1)


def test_exponential_over_steps_does_not_ask_how_long_training_is():
    over_steps = partial(exponential, gamma=0.01, decay_steps=40, interval="step")
    long = curve(over_steps)
    assert long[20] == pytest.approx(0.1 * 0.1)
    short = over_steps(sgd(), Length(2, 7)).scheduler
    assert [short.lr_lambdas[0](tick) for tick in range(len(long))] == pytest.approx([10 * lr for lr in long])


def test_step_counts_epochs_or_steps():
    theirs = curve(lambda optimizer, _: StepLR(optimizer, 3, 0.5))
    assert curve(partial(step, every=3, gamma=0.5)) == pytest.approx(theirs)
    by_step = curve(partial(step, every=6, gamma=0.5, interval="step"))
    assert by_step[5:7] == pytest.approx([0.1, 0.05])
    assert by_step[39] == pytest.approx(0.1 * 0.5**6)


@pytest.mark.parametrize(("interval", "first"), [("epoch", 7), ("step", 27)])
def test_step_at_a_share_of_the_training_whatever_its_length(interval, first):
    """Ten epochs of four steps: two thirds are behind the training before epoch 7, and before step 27."""
    rates = curve(partial(step, every_share=2 / 3, gamma=0.5, interval=interval))
    assert rates[first - 1 : first + 1] == pytest.approx([0.1, 0.05])
    assert rates[-1] == pytest.approx(0.05)


@pytest.mark.parametrize("min_factor", [0.0, 0.1])
def test_cosine_without_warmup_is_torchs(min_factor):
    theirs = curve(lambda optimizer, _: CosineAnnealingLR(optimizer, 10, eta_min=0.1 * min_factor))
    assert curve(partial(cosine, min_factor=min_factor)) == pytest.approx(theirs)
    by_step = curve(partial(cosine, min_factor=min_factor, interval="step"))
    assert by_step[::4] == pytest.approx(theirs)


def test_cosine_warmup_by_epoch():
    rates = curve(partial(cosine, warmup_epochs=2))
    assert rates[:3] == pytest.approx([0.1 / 3, 0.2 / 3, 0.1])
    assert rates[6] == pytest.approx(0.05)  # half of the eight epochs that are left
    assert rates[3:] == sorted(rates[3:], reverse=True)


def test_cosine_warmup_by_step_may_be_a_part_of_an_epoch():
    rates = curve(partial(cosine, warmup_epochs=0.5, min_factor=0.2, interval="step"))
    assert rates[:3] == pytest.approx([0.1 / 3, 0.2 / 3, 0.1])
    assert rates[21] == pytest.approx(0.06)  # half of the 38 steps that are left: between 0.1 and 0.02
    assert 0.02 < rates[39] < 0.0202


def test_cosine_stays_at_the_minimum_when_training_goes_on():
    optimizer = sgd()
    scheduler = cosine(optimizer, Length(2, 4), min_factor=0.1).scheduler
    for _ in range(5):
        optimizer.step()
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.01)


def test_one_cycle_is_torchs_over_all_steps():
    rates = curve(one_cycle)
    theirs = curve(lambda optimizer, _: OneCycleLR(optimizer, 0.1, total_steps=40), Length(40, 1))
    assert rates == pytest.approx(theirs)
    assert rates[0] == pytest.approx(0.1 / 25)
    assert rates[11] == max(rates) == pytest.approx(0.1)  # 30 % of 40 steps, counted from 0
    assert rates[39] == pytest.approx(0.1 / 25 / 1e4)


def test_one_cycle_moves_momentum_the_other_way_and_only_if_asked():
    optimizer = sgd()
    schedule = one_cycle(optimizer, LENGTH)
    assert schedule.interval == "step"
    assert optimizer.param_groups[0]["momentum"] == pytest.approx(0.95)
    fixed = sgd()
    one_cycle(fixed, LENGTH, cycle_momentum=False)
    assert fixed.param_groups[0]["momentum"] == 0.9


@pytest.mark.parametrize(("share", "epochs"), [(0.1, 10), (0.5, 2), (0.3, 1), (0.9, 1)])
def test_one_cycle_of_very_few_steps(share, epochs):
    rates = curve(partial(one_cycle, warmup_share=share), Length(epochs, 1))
    assert all(0 < rate <= 0.1 + 1e-9 for rate in rates)


def test_plateau_waits_then_reacts():
    optimizer = sgd()
    schedule = plateau(optimizer, LENGTH, monitor="val/accuracy", mode="max", factor=0.5, patience=2, min_factor=0.4)
    assert (schedule.interval, schedule.monitor) == ("epoch", "val/accuracy")
    rates = []
    for value in [0.5, 0.6, 0.60008, 0.4, 0.5, 0.7, 0.1, 0.1, 0.1]:  # 0.60008 is no improvement by min_delta
        optimizer.step()
        schedule.scheduler.step(value)
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx([0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05, 0.04])


def test_plateau_in_mode_min_takes_a_fall_for_progress():
    optimizer = sgd()
    scheduler = plateau(optimizer, LENGTH, monitor="val/loss", mode="min", patience=0).scheduler
    for value, expected in [(1.0, 0.1), (0.9, 0.1), (0.95, 0.05)]:
        optimizer.step()
        scheduler.step(value)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(expected)


@pytest.mark.parametrize("make", [cosine, one_cycle, partial(exponential, gamma=0.9)], ids=["cosine", "cycle", "exp"])
def test_every_parameter_group_keeps_its_own_lr(make):
    groups = [{"params": [nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (0.1, 0.01)]
    optimizer = torch.optim.SGD(groups, momentum=0.9)
    scheduler = make(optimizer, LENGTH).scheduler
    for _ in range(5):
        optimizer.step()
        scheduler.step()
        first, second = (group["lr"] for group in optimizer.param_groups)
        assert first == pytest.approx(10 * second)


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (partial(cosine, warmup_epochs=10), r"scheduler.warmup_epochs=10: .*trainer.max_epochs=10"),
        (partial(cosine, warmup_epochs=-1), "scheduler.warmup_epochs=-1"),
        (partial(cosine, min_factor=1.5), "scheduler.min_factor=1.5"),
        (partial(cosine, interval="stpe"), r"scheduler.interval=stpe: .*did you mean step"),
        (partial(step, every=1, gamma=0.5, interval="batch"), "scheduler.interval=batch"),
        (partial(exponential, gamma=0), "scheduler.gamma=0"),
        (exponential, "scheduler.gamma=None: .* or set scheduler.end_factor"),
        (partial(exponential, end_factor=0), "scheduler.end_factor=0"),
        (partial(exponential, gamma=0.9, end_factor=0.1), "scheduler.gamma=0.9: .* scheduler.end_factor to null"),
        (partial(exponential, gamma=0.9, decay_steps=0, interval="step"), "scheduler.decay_steps=0: choose 1 or more"),
        (partial(exponential, gamma=0.9, decay_steps=9), "scheduler.decay_steps=9: .*scheduler.interval=step"),
        (
            partial(exponential, end_factor=0.1, decay_steps=9, interval="step"),
            "scheduler.decay_steps=9: it goes with scheduler.gamma",
        ),
        (partial(step, every=0, gamma=0.5), "scheduler.every=0"),
        (partial(step, gamma=0.5), "scheduler.every=None: .* or set scheduler.every_share"),
        (partial(step, every=2, every_share=0.5, gamma=0.5), "scheduler.every=2: set it or scheduler.every_share"),
        (partial(step, every_share=1.0, gamma=0.5), "scheduler.every_share=1.0"),
        (partial(step, every=1, gamma=-1), "scheduler.gamma=-1"),
        (partial(one_cycle, warmup_share=1.0), "scheduler.warmup_share=1.0"),
        (partial(one_cycle, div_factor=0.5), "scheduler.div_factor=0.5"),
        (partial(one_cycle, final_div_factor=0), "scheduler.final_div_factor=0"),
        (partial(plateau, monitor="val/loss", mode="best"), "scheduler.mode=best"),
        (partial(plateau, monitor="val/loss", mode="min", factor=1.0), "scheduler.factor=1.0"),
        (partial(plateau, monitor="val/loss", mode="min", patience=-1), "scheduler.patience=-1"),
        (partial(plateau, monitor="val/loss", mode="min", min_delta=-1), "scheduler.min_delta=-1"),
    ],
)
def test_impossible_values(make, key):
    with pytest.raises(FerError, match=key):
        make(sgd(), LENGTH)


@pytest.mark.parametrize("make", [cosine, one_cycle, partial(exponential, end_factor=0.1)])
@pytest.mark.parametrize("epochs", [0, -1])
def test_a_schedule_that_ends_with_training_needs_an_end(make, epochs):
    with pytest.raises(FerError, match=f"scheduler: .*trainer.max_epochs={epochs}"):
        make(sgd(), Length(epochs, 4))


def test_a_schedule_by_step_needs_steps():
    with pytest.raises(FerError, match=r"scheduler.interval=step: an epoch has 0"):
        exponential(sgd(), Length(3, 0), gamma=0.9, interval="step")


def test_one_cycle_names_an_optimizer_without_momentum():
    with pytest.raises(FerError, match=r"scheduler.cycle_momentum=True: Adagrad"):
        one_cycle(torch.optim.Adagrad([nn.Parameter(torch.zeros(1))]), LENGTH)


@pytest.mark.parametrize("interval", ["epoch", "step"])
def test_cosine_restarts_falls_in_each_cycle_as_torchs(interval):
    ours, theirs = sgd(), sgd()
    rate = ours.param_groups[0]["lr"]
    length = Length(epochs=6, steps_per_epoch=4)
    ticks = 2 * (4 if interval == "step" else 1)
    schedule = cosine_restarts(ours, length, every=2, min_factor=0.1, interval=interval)
    reference = CosineAnnealingWarmRestarts(theirs, T_0=ticks, eta_min=0.1 * rate)
    for _ in range(3 * ticks):
        assert ours.param_groups[0]["lr"] == pytest.approx(theirs.param_groups[0]["lr"])
        for optimizer, scheduler in ((ours, schedule.scheduler), (theirs, reference)):
            optimizer.step()
            scheduler.step()


@pytest.mark.parametrize(
    ("wrong", "message"), [({"every": 0}, r"scheduler\.every=0"), ({"every": 2, "min_factor": 2}, r"min_factor=2")]
)
def test_cosine_restarts_out_of_range(wrong, message):
    with pytest.raises(FerError, match=message):
        cosine_restarts(sgd(), LENGTH, **wrong)


OPTIMIZERS = sorted((CONF / "optimizer").glob("*.yaml"))
SCHEDULERS = sorted((CONF / "scheduler").glob("*.yaml"))


@pytest.mark.parametrize("optimizer_file", OPTIMIZERS, ids=lambda f: f.stem)
@pytest.mark.parametrize("scheduler_file", SCHEDULERS, ids=lambda f: f.stem)
def test_every_pair_of_conf_runs_and_resumes(optimizer_file, scheduler_file, tmp_path):
    config = OmegaConf.create({"monitor": "val/accuracy", "mode": "max"})
    config.optimizer, config.scheduler = OmegaConf.load(optimizer_file), OmegaConf.load(scheduler_file)
    length = Length(epochs=1, steps_per_epoch=5)  # the shortest run, as in debug=fast

    def build():
        optimizer = instantiate(config.optimizer)([nn.Parameter(torch.ones(3))])
        return optimizer, instantiate(config.scheduler)(optimizer, length).scheduler

    def advance(optimizer, scheduler):
        optimizer.step()
        if config.scheduler._target_.endswith("plateau"):
            scheduler.step(0.5)
        else:
            scheduler.step()
        return optimizer.param_groups[0]["lr"]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        whole = build()
        expected = [advance(*whole) for _ in range(5)]
        assert all(math.isfinite(rate) and rate >= 0 for rate in expected)

        first = build()
        for _ in range(2):
            advance(*first)
        torch.save([part.state_dict() for part in first], tmp_path / "x.ckpt")
        second = build()
        for part, state in zip(second, torch.load(tmp_path / "x.ckpt", weights_only=True), strict=True):
            part.load_state_dict(state)
        assert [advance(*second) for _ in range(3)] == pytest.approx(expected[2:])
