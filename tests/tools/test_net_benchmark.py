"""Multiply-adds and memory are those worked out by hand, and a rate is what a clock says of whole steps."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tools import net_benchmark
from tools.cost import build
from tools.net_benchmark import images_per_second, measure, memory, multiply_adds

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


def sgd(weights, **more):
    return torch.optim.SGD(weights, lr=0.1, **more)


def needed(net, images, optimizer=sgd):
    return memory(net, optimizer(net.parameters()), lambda: net(images).sum())


FLOAT, BATCH = 4, 2  # bytes, images
CONVOLUTIONS = 9 * 1 * 2 + 2 + 9 * 2 * 1 + 1  # weights of `plain`
INPUT, MAPS = BATCH * 1 * 4 * 4, BATCH * 2 * 4 * 4


def plain(*between):
    return nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), *between, nn.ReLU(), nn.Conv2d(2, 1, 3, padding=1))


def test_a_linear_layer_needs_weights_gradients_moments_and_its_input():
    weights, images = 3 * 5 + 5, 4 * 3
    steps = 2  # Adam counts them for weight and bias by themselves
    assert needed(nn.Linear(3, 5), torch.randn(4, 3), torch.optim.Adam) == FLOAT * (4 * weights + steps + images)
    assert needed(nn.Linear(3, 5), torch.randn(4, 3)) == FLOAT * (2 * weights + images)
    momentum = needed(nn.Linear(3, 5), torch.randn(4, 3), lambda weights: sgd(weights, momentum=0.9))
    assert momentum == FLOAT * (3 * weights + images)


def test_what_two_layers_keep_counts_once():
    # each convolution keeps its input; what the ReLU keeps is the input of the second one
    assert needed(plain(), torch.randn(BATCH, 1, 4, 4)) == FLOAT * (2 * CONVOLUTIONS + INPUT + MAPS)


def test_batch_normalisation_keeps_its_input_too_and_its_statistics():
    images = torch.randn(BATCH, 1, 4, 4)
    own = 2 * 2 * 2 + 4 * 2  # weight and bias with gradients; mean and deviation, of the batch and of all, of two maps
    normalised = needed(plain(nn.BatchNorm2d(2)), images)
    assert normalised == FLOAT * (2 * CONVOLUTIONS + INPUT + MAPS + MAPS + own)
    assert normalised > needed(plain(), images)


def test_a_view_counts_whole_with_its_storage_and_weights_that_stay_have_no_gradient():
    wide = torch.randn(4, 6)
    assert needed(nn.Linear(3, 5), wide[:, :3]) == FLOAT * (2 * 20 + 4 * 6)
    layer = nn.Linear(3, 5)
    layer.bias.requires_grad_(False)
    step = memory(layer, sgd([layer.weight]), lambda: layer(wide[:, :3]).sum())
    assert step == FLOAT * (20 + 15 + 4 * 6)


def test_memory_of_a_net_is_the_same_in_each_measurement_and_grows_with_the_batch():
    one, same, more = (measure(build("cnn"), "cnn", batch, 1e-6, "32-true").memory for batch in (2, 2, 4))
    fixed = 4 * FLOAT * 1_238_711  # AdamW: weights, gradients, two moments
    assert one == same
    assert 1.9 < (more - fixed) / (one - fixed) < 2.1


def test_a_net_that_enlarges_images_is_given_them_shrunk():
    small = ("model.net.blocks=1", "model.net.features=8")
    plain, normalised = (
        measure(build("edsr", (*small, f"model.net.batch_norm={on}")), "edsr", 2, 1e-6, "32-true")
        for on in ("false", "true")
    )
    assert plain.input == "3x24x24"
    assert normalised.memory > plain.memory


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
    # one image is counted, then a warm-up and five rounds of testing, then the step of the memory and those of training
    assert seen[1:] == [(False, False, kind)] * 6 + [(True, True, kind)] * 7
    assert [name for name, p in module.named_parameters() if torch.equal(p, before[name])] == []
    assert {p.dtype for p in module.parameters()} == {torch.float32}


def test_a_rate_is_the_median_of_rounds_without_the_first(monkeypatch):
    # a clock that steps alone move: 9 s to warm up, then 2, 1, 4, 2, 3 s for one batch of 12 each
    clock, durations = [0.0], iter([9.0, 2.0, 1.0, 4.0, 2.0, 3.0])

    def step():
        clock[0] += next(durations)

    monkeypatch.setattr(net_benchmark.time, "perf_counter", lambda: clock[0])
    assert images_per_second(step, 12, seconds=5) == (6.0, 3.0, 12.0)


def test_a_round_takes_as_many_steps_as_its_time_holds(monkeypatch):
    clock, steps = [0.0], []

    def step():
        steps.append(clock[0])
        clock[0] += 0.5

    monkeypatch.setattr(net_benchmark.time, "perf_counter", lambda: clock[0])
    assert images_per_second(step, 3, seconds=10) == (6.0, 6.0, 6.0)
    assert len(steps) == 6 * 4  # six rounds of 2 s
