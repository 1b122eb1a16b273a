"""Learning-rate schedules: each is a function of an optimizer and the length of training."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Literal, NamedTuple

from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR, ReduceLROnPlateau

from fer_lightning.errors import FerError, choices

Interval = Literal["epoch", "step"]


class Length(NamedTuple):
    """How long training lasts; `steps_per_epoch` counts optimiser steps."""

    epochs: int
    steps_per_epoch: int


class Schedule(NamedTuple):
    """A scheduler and when to step it; `monitor` is the metric that it watches, where it watches one."""

    scheduler: LRScheduler | ReduceLROnPlateau
    interval: Interval
    monitor: str | None = None


OptimizerFactory = Callable[[Iterable[nn.Parameter]], Optimizer]
ScheduleFactory = Callable[[Optimizer, Length], Schedule]


def constant(optimizer: Optimizer, length: Length) -> Schedule:
    """The optimizer's lr from start to end."""
    return Schedule(LambdaLR(optimizer, lambda _: 1.0), "epoch")


def exponential(
    optimizer: Optimizer,
    length: Length,
    *,
    gamma: float | None = None,
    end_factor: float | None = None,
    decay_steps: int | None = None,
    interval: Interval = "epoch",
) -> Schedule:
    """Multiply the lr by `gamma` every epoch, at its end or smoothly over its steps, or every `decay_steps` steps.

    `end_factor` instead of `gamma` is the share of the lr that is left when training ends, however long it is. With
    `decay_steps` the lr of a step depends on nothing but the number of the step: neither on how long training is nor
    on how many steps an epoch has.

    Raises:
        FerError: not one of `gamma` and `end_factor`, one is not above 0, `decay_steps` is below 1, without `gamma` or
            without interval=step, training has no epoch, or the interval is unknown.
    """
    if end_factor is not None:
        _check(gamma is None, "gamma", gamma, "set it or scheduler.end_factor to null: either gives the decay")
        _check(end_factor > 0, "end_factor", end_factor, "choose above 0, usually 0.001 to 0.1")
        _check_length(length)
    factor = gamma if end_factor is None else end_factor ** (1 / length.epochs)
    if factor is None or factor <= 0:
        raise FerError(f"scheduler.gamma={gamma}: choose above 0, usually 0.9 to 1, or set scheduler.end_factor")
    ticks = _ticks_per_epoch(length, interval)
    if decay_steps is not None:
        fits = interval == "step" and end_factor is None
        _check(fits, "decay_steps", decay_steps, "it goes with scheduler.gamma and scheduler.interval=step; else null")
        _check(decay_steps >= 1, "decay_steps", decay_steps, "choose 1 or more optimiser steps")
        ticks = decay_steps
    return Schedule(LambdaLR(optimizer, lambda tick: factor ** (tick / ticks)), interval)


def step(
    optimizer: Optimizer,
    length: Length,
    *,
    every: int | None = None,
    every_share: float | None = None,
    gamma: float,
    interval: Interval = "epoch",
) -> Schedule:
    """Multiply the lr by `gamma` after every `every` epochs, or optimiser steps where interval=step.

    `every_share` instead of `every` is a share of the training, however long it is, above 0 and below 1.

    Raises:
        FerError: gamma is not above 0, not one of `every` and `every_share`, one is out of range, training has no
            epoch, or the interval is unknown.
    """
    _check(gamma > 0, "gamma", gamma, "choose above 0, usually 0.1 to 0.5")
    per_epoch = _ticks_per_epoch(length, interval)
    if every_share is not None:
        _check(
            every is None, "every", every, "set it or scheduler.every_share to null: either says when the lr changes"
        )
        _check(0 < every_share < 1, "every_share", every_share, "choose a share of the training, above 0 and below 1")
        _check_length(length)
        ticks = every_share * length.epochs * per_epoch
    elif every is not None and every >= 1:
        ticks = every
    else:
        way_out = "choose 1 or more epochs (or steps, where scheduler.interval=step), or set scheduler.every_share"
        raise FerError(f"scheduler.every={every}: {way_out}")
    return Schedule(LambdaLR(optimizer, lambda tick: gamma ** (tick // ticks)), interval)


def cosine(
    optimizer: Optimizer,
    length: Length,
    *,
    warmup_epochs: float = 0.0,
    min_factor: float = 0.0,
    interval: Interval = "epoch",
) -> Schedule:
    """Rise linearly for `warmup_epochs` (may be fractional), then fall along a half cosine to `min_factor` * lr.

    A warm-up of W epochs (or steps) starts at lr / (W + 1), never at 0, and reaches lr after W of them. The minimum
    is reached at the end of training, so the last epoch (or step) is still a little above it, as in torch's
    CosineAnnealingLR.

    Raises:
        FerError: training has no epoch, the warm-up is negative or fills it, min_factor is outside [0, 1], or the
            interval is unknown.
    """
    _check_length(length)
    room = f"choose 0 up to, not including, trainer.max_epochs={length.epochs}"
    _check(0 <= warmup_epochs < length.epochs, "warmup_epochs", warmup_epochs, room)
    _check(0 <= min_factor <= 1, "min_factor", min_factor, "choose a share of the lr, 0 to 1")
    per_epoch = _ticks_per_epoch(length, interval)
    warmup, total = warmup_epochs * per_epoch, length.epochs * per_epoch

    def factor(tick: int) -> float:
        if tick < warmup:
            return (tick + 1) / (warmup + 1)
        done = min(1.0, (tick - warmup) / (total - warmup))
        return min_factor + (1 - min_factor) * (1 + math.cos(math.pi * done)) / 2

    return Schedule(LambdaLR(optimizer, factor), interval)


def cosine_restarts(
    optimizer: Optimizer, length: Length, *, every: int, min_factor: float = 0.0, interval: Interval = "epoch"
) -> Schedule:
    """Fall along a half cosine to `min_factor` * lr over `every` epochs, then start again at lr, until training ends.

    Loshchilov & Hutter 2017 with cycles of one length, as snapshot ensembles have them (Huang et al. 2017).

    Raises:
        FerError: `every` is below 1, min_factor is outside [0, 1], or the interval is unknown.
    """
    _check(every >= 1, "every", every, "choose 1 or more epochs")
    _check(0 <= min_factor <= 1, "min_factor", min_factor, "choose a share of the lr, 0 to 1")
    cycle = every * _ticks_per_epoch(length, interval)

    def factor(tick: int) -> float:
        return min_factor + (1 - min_factor) * (1 + math.cos(math.pi * (tick % cycle) / cycle)) / 2

    return Schedule(LambdaLR(optimizer, factor), interval)


def one_cycle(
    optimizer: Optimizer,
    length: Length,
    *,
    warmup_share: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    cycle_momentum: bool = True,
) -> Schedule:
    """Torch's OneCycleLR over all optimiser steps: up to the optimizer's lr, then down, momentum the other way.

    The lr rises for `warmup_share` of the steps from lr / `div_factor`, and ends at that divided by
    `final_div_factor`. With `cycle_momentum`, momentum (Adam: beta 1) falls to 0.85 meanwhile and returns to 0.95.

    Raises:
        FerError: a value is out of range, training has no step, or the optimizer has no momentum to cycle.
    """
    _check_length(length)
    _check(0 < warmup_share < 1, "warmup_share", warmup_share, "choose above 0 and below 1; 0.3 is usual")
    _check(div_factor >= 1, "div_factor", div_factor, "choose 1 or more")
    _check(final_div_factor >= 1, "final_div_factor", final_div_factor, "choose 1 or more")
    able = "momentum" in optimizer.defaults or "betas" in optimizer.defaults or not cycle_momentum
    _check(able, "cycle_momentum", cycle_momentum, f"{type(optimizer).__name__} has no momentum: set it to false")
    total = length.epochs * _ticks_per_epoch(length, "step")
    # torch divides by the length of the rise less one step: a rise of exactly one step would divide by zero
    share = warmup_share * (1 + 1e-9) if warmup_share * total == 1 else warmup_share
    cycle = OneCycleLR(
        optimizer,
        max_lr=[float(group["lr"]) for group in optimizer.param_groups],
        total_steps=total,
        pct_start=share,
        div_factor=div_factor,
        final_div_factor=final_div_factor,
        cycle_momentum=cycle_momentum,
    )
    return Schedule(cycle, "step")


def plateau(
    optimizer: Optimizer,
    length: Length,
    *,
    monitor: str,
    mode: Literal["min", "max"],
    factor: float = 0.5,
    patience: int = 5,
    min_delta: float = 1e-4,
    min_factor: float = 0.0,
) -> Schedule:
    """Multiply the lr by `factor` once `monitor` has not improved for more than `patience` epochs.

    `monitor` is a logged metric such as `val/accuracy`, better when higher (mode=max) or lower (mode=min). A change
    below `min_delta`, in the metric's own unit, is no improvement. The lr never falls below `min_factor` * lr.

    Raises:
        FerError: a value is out of range.
    """
    _check(mode in ("min", "max"), "mode", mode, "choose min or max")
    _check(0 < factor < 1, "factor", factor, "choose above 0 and below 1")
    _check(patience >= 0, "patience", patience, "choose 0 or more epochs")
    _check(min_delta >= 0, "min_delta", min_delta, "choose 0 or more")
    _check(0 <= min_factor <= 1, "min_factor", min_factor, "choose a share of the lr, 0 to 1")
    lowest = [float(group["lr"]) * min_factor for group in optimizer.param_groups]
    watch = ReduceLROnPlateau(
        optimizer, mode, factor=factor, patience=patience, threshold=min_delta, threshold_mode="abs", min_lr=lowest
    )
    return Schedule(watch, "epoch", monitor)


def _ticks_per_epoch(length: Length, interval: Interval) -> int:
    """How often a scheduler of this interval is stepped in an epoch."""
    names = ("epoch", "step")
    _check(interval in names, "interval", interval, f"choose {choices(names, interval)}")
    if interval == "step" and length.steps_per_epoch < 1:
        raise FerError(f"scheduler.interval=step: an epoch has {length.steps_per_epoch} optimiser steps; it needs 1")
    return length.steps_per_epoch if interval == "step" else 1


def _check_length(length: Length) -> None:
    end = f"trainer.max_epochs={length.epochs}"
    if length.epochs < 1:
        raise FerError(f"scheduler: it ends with training, and {end}: set 1 or more, or choose scheduler=constant")


def _check(holds: bool, key: str, value: object, way_out: str) -> None:
    if not holds:
        raise FerError(f"scheduler.{key}={value}: {way_out}")
