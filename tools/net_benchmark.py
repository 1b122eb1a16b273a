"""Benchmarks one net: parameters, multiply-adds, memory and images/s; tools/cost.py makes the table of all nets."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.optim import Optimizer
from torch.utils.flop_counter import FlopCounterMode

from fer_lightning.data.inputs import Batch
from fer_lightning.training.learner import Learner
from tools.cost_table import Cost, Rate

ROUNDS = 5
MIXED = "bf16-mixed"
PRECISIONS = ("32-true", MIXED)


def measure(module: Learner, model: str, batch: int, seconds: float, precision: str) -> Cost:
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
    given: list[Tensor] = []  # a net that enlarges images is given smaller ones than the module
    watch = module.net.register_forward_pre_hook(lambda _, seen: given.append(seen[0]))
    counted = multiply_adds(module, images[:1])
    watch.remove()
    mixed = torch.autocast("cpu", torch.bfloat16, enabled=precision == MIXED)

    module.eval()
    with torch.inference_mode(), mixed:
        test = images_per_second(lambda: module(images), batch, seconds)

    module.train()
    optimizer = module.make_optimizer(p for p in module.parameters() if p.requires_grad)
    drawn_batch = Batch(images, labels, torch.arange(batch))

    def loss() -> Tensor:
        with mixed:
            found = module.training_step(drawn_batch, 0)
        assert isinstance(found, Tensor), "a module that answers with all of its classes has a loss"
        return found

    needed = memory(module, optimizer, loss)
    train = images_per_second(lambda: _step(optimizer, loss()), batch, seconds)
    parameters = sum(p.numel() for p in module.parameters())
    return Cost(model, "x".join(map(str, given[0].shape[1:])), parameters, counted, needed, train, test)


def memory(module: nn.Module, optimizer: Optimizer, loss: Callable[[], Tensor]) -> int:
    """Bytes that a training step needs: weights, gradients, the optimizer's state, what the forward keeps.

    Kept is what the backward reads again. A storage counts whole and once, however many tensors look at it, and one of
    the weights is no second one. What lives within an operation alone, such as a convolution's working space, differs
    between machines and is left out.

    Args:
        module: whose parameters the optimizer has; a step is taken.
        optimizer: with or without steps before.
        loss: does the forward of a batch.
    """
    weights = list(module.parameters())
    own = {weight.untyped_storage().data_ptr() for weight in weights}
    kept: dict[int, Tensor] = {}  # the tensors themselves: a storage that was given back would lend its address

    def keep(saved: Tensor) -> Tensor:
        place = saved.untyped_storage().data_ptr()
        if place not in own:
            kept[place] = saved
        return saved

    with saved_tensors_hooks(keep, lambda saved: saved):
        found = loss()
    forward = sum(saved.untyped_storage().nbytes() for saved in kept.values())
    _step(optimizer, found)
    states = [value for of in optimizer.state.values() for value in of.values() if isinstance(value, Tensor)]
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    return forward + sum(tensor.nbytes for tensor in (*weights, *gradients, *states))


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


def _step(optimizer: Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def _round(step: Callable[[], object], batch: int, seconds: float) -> float:
    """Images/s of one round: steps until the time is over, at least one."""
    started, steps = time.perf_counter(), 0
    while True:
        step()
        steps += 1
        elapsed = time.perf_counter() - started
        if elapsed >= seconds:
            return batch * steps / elapsed
