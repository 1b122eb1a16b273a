from __future__ import annotations

import pytest
import torch
from torch import nn

from fer_lightning.run.visualizations import forward_hooks as hooks
from fer_lightning.run.visualizations.forward_hooks import capture_activations, iter_batches
from fer_lightning.training.eval_mode import eval_mode


class TwoWays(nn.Module):
    """Asks `second` before `first`, changes its output in place, and never asks `unused`."""

    def __init__(self):
        super().__init__()
        self.first = nn.Flatten()
        self.second = nn.Conv2d(1, 2, 3, bias=False)
        self.relu = nn.ReLU(inplace=True)
        self.unused = nn.Linear(1, 1)
        self.drop = nn.Dropout(0.5)
        self.last = nn.Linear(2 * 6 * 6, 3)

    def forward(self, x):
        return self.last(self.first(self.drop(self.relu(self.second(x)))))


def watched(module):
    return [part for part in module.modules() if part._forward_hooks]


def test_outputs_are_as_the_parts_gave_them_in_the_order_of_asking(classifier):
    module = classifier(TwoWays())
    images = torch.randint(0, 256, (5, 1, 8, 8), dtype=torch.uint8)
    seen = capture_activations(module, dict(module.net.named_children()), images)
    assert list(seen) == ["second", "relu", "drop", "first", "last"]
    normalised = (images / 255 - 0.5) / 0.25
    torch.testing.assert_close(seen["second"].input, normalised)
    torch.testing.assert_close(seen["second"].output, module.net.second(normalised))
    assert seen["second"].output.min() < 0  # before the ReLU that works in place
    torch.testing.assert_close(seen["drop"].output, seen["relu"].output)  # in eval mode nothing is dropped
    torch.testing.assert_close(seen["last"].output, module.eval()(images))
    assert not any(one.output.requires_grad for one in seen.values())


def test_no_hook_stays_and_the_mode_of_every_part_comes_back(classifier):
    module = classifier(TwoWays())
    module.train()
    module.net.drop.eval()
    capture_activations(module, {"last": module.net.last}, torch.zeros(1, 1, 8, 8))
    assert not watched(module)
    assert module.training
    assert module.net.training
    assert not module.net.drop.training


def test_they_come_back_after_an_error_too(classifier):
    module = classifier(TwoWays()).train()
    with pytest.raises(RuntimeError):
        capture_activations(module, {"last": module.net.last}, torch.zeros(1, 1, 9, 9))
    assert not watched(module)
    assert module.net.drop.training
    assert torch.is_grad_enabled()


def test_eval_mode_moves_no_statistic():
    norm = nn.BatchNorm1d(2).train()
    with eval_mode(norm):
        out = norm(torch.randn(4, 2))
    assert norm.num_batches_tracked == 0
    assert not out.requires_grad
    assert norm.training


def test_batches_are_the_whole_in_order(monkeypatch):
    monkeypatch.setattr(hooks, "BATCH", 3)
    assert [part.tolist() for part in iter_batches(torch.arange(7))] == [[0, 1, 2], [3, 4, 5], [6]]
