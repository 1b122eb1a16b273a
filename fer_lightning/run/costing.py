"""Measures what one net costs: weights, multiply-adds, images/s; the table of all is made in run/cost.py."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from fer_lightning.data.inputs import Batch
from fer_lightning.results.cost_table import Cost, Rate
from fer_lightning.training.classifier import Classifier

ROUNDS = 5
MIXED = "bf16-mixed"
PRECISIONS = ("32-true", MIXED)


def measure(module: Classifier, model: str, batch: int, seconds: float, precision: str) -> Cost:
    """The cost of a module, which is trained on noise by it.

    Args:
        module: as `build` makes it.
        model: its name in the table.
        batch: images of a step.
        seconds: of each of the two measurements, without their warm-up.
        precision: 32-true or bf16-mixed, as `trainer.precision`.
    """
    spec = module.input
    drawn = torch.Generator().manual_seed(0)
    images = torch.randint(256, (batch, spec.channels, spec.size, spec.size), dtype=torch.uint8, generator=drawn)
    labels = torch.randint(len(module.class_names), (batch,), generator=drawn)
    counted = multiply_adds(module, images[:1])
    mixed = torch.autocast("cpu", torch.bfloat16, enabled=precision == MIXED)

    module.eval()
    with torch.inference_mode(), mixed:
        test = images_per_second(lambda: module(images), batch, seconds)

    module.train()
    optimizer = module.make_optimizer(p for p in module.parameters() if p.requires_grad)
    given = Batch(images, labels, torch.arange(batch))

    def step() -> None:
        with mixed:
            loss = module.training_step(given, 0)
        assert loss is not None, "a module that answers with all of its classes has a loss"
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    train = images_per_second(step, batch, seconds)
    parameters = sum(p.numel() for p in module.parameters())
    return Cost(model, f"{spec.channels}x{spec.size}x{spec.size}", parameters, counted, train, test)


def multiply_adds(module: nn.Module, image: Tensor) -> int:
    """Multiply-adds of the forward of one image (1, ...): half of the operations that torch's FlopCounterMode counts.

    It counts convolutions and matrix products (linear layers, attention); not grid_sample, normalisation, activations,
    pooling, additions, nor what is computed outside torch, such as HOG.
    """
    module.eval()
    # with gradients and the plain attention: the fused ways of a processor go uncounted
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        module(image)
    return int(counter.get_total_flops()) // 2


def images_per_second(step: Callable[[], object], batch: int, seconds: float) -> Rate:
    """How many images `step` takes, a batch each time: over ROUNDS rounds of equal time, after one that warms up."""
    rates = [_round(step, batch, seconds / ROUNDS) for _ in range(1 + ROUNDS)][1:]
    return Rate(statistics.median(rates), min(rates), max(rates))


def _round(step: Callable[[], object], batch: int, seconds: float) -> float:
    """Images/s of one round: steps until the time is over, at least one."""
    started, steps = time.perf_counter(), 0
    while True:
        step()
        steps += 1
        elapsed = time.perf_counter() - started
        if elapsed >= seconds:
            return batch * steps / elapsed
