"""Multiply-adds are those worked out by hand, and a rate is what a clock says of whole steps."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fer_lightning.run import costing
from fer_lightning.run.cost import build
from fer_lightning.run.costing import images_per_second, measure, multiply_adds

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


@pytest.mark.parametrize(("precision", "kind"), [("32-true", torch.float32), ("bf16-mixed", torch.bfloat16)])
def test_every_step_trains_and_only_those_do_in_the_precision_asked(precision, kind):
    module, seen = build("cnn"), []
    first = module.net.features[0][0]
    first.register_forward_hook(lambda layer, _, out: seen.append((layer.training, out.requires_grad, out.dtype)))
    before = {name: p.detach().clone() for name, p in module.named_parameters()}
    measure(module, "cnn", 2, 1e-6, precision)
    # one image is counted, then a warm-up and five rounds of testing, then of training
    assert seen[1:] == [(False, False, kind)] * 6 + [(True, True, kind)] * 6
    assert [name for name, p in module.named_parameters() if torch.equal(p, before[name])] == []
    assert {p.dtype for p in module.parameters()} == {torch.float32}


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
