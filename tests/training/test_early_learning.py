"""Early-learning regularisation: the memory and its term by hand, and what a checkpoint keeps of it."""

from __future__ import annotations

import math

import pytest
import torch
from support import TINY
from torch import nn

from fer_lightning.data.inputs import SEVERAL
from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.checkpoint.restore import restore
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit
from fer_lightning.training.early_learning import EarlyLearningLoss

FIRST, SECOND = torch.tensor([[0.8, 0.2]]), torch.tensor([[0.4, 0.6]])


def loss_of(momentum=0.5, weight=2.0):
    loss = EarlyLearningLoss(nn.CrossEntropyLoss(), momentum, weight)
    loss.fit_images(3, 2)
    return loss


def test_the_memory_is_the_moving_average_of_what_the_net_said():
    loss = loss_of()
    value = loss.regulariser(FIRST.log(), torch.tensor([1]))
    assert loss.memory.tolist()[1] == pytest.approx([0.4, 0.1])
    assert float(value) == pytest.approx(2 * math.log(1 - (0.4 * 0.8 + 0.1 * 0.2)))
    value = loss.regulariser(SECOND.log(), torch.tensor([1]))
    assert loss.memory.tolist()[1] == pytest.approx([0.4, 0.35])
    assert float(value) == pytest.approx(2 * math.log(1 - (0.4 * 0.4 + 0.35 * 0.6)))
    assert loss.memory[[0, 2]].abs().sum() == 0


def test_the_gradient_draws_the_net_to_its_memory_and_the_memory_has_none():
    loss = loss_of(momentum=0.9)
    loss.memory[0] = torch.tensor([0.9, 0.0])
    logits = torch.zeros(1, 2, requires_grad=True)
    loss.regulariser(logits, torch.tensor([0])).backward()
    assert logits.grad[0, 0] < 0 < logits.grad[0, 1]  # a step against it raises the first class
    assert not loss.memory.requires_grad


def test_mixed_images_neither_learn_nor_count():
    loss = loss_of()
    rows = torch.tensor([SEVERAL, 2])
    mixed = loss.regulariser(torch.cat([SECOND, FIRST]).log(), rows)
    assert loss.memory[:2].abs().sum() == 0
    other = loss_of()
    assert float(mixed) == pytest.approx(float(other.regulariser(FIRST.log(), torch.tensor([2]))))
    logits = torch.zeros(2, 2, requires_grad=True)
    none = loss.regulariser(logits, torch.full((2,), SEVERAL))
    assert float(none.detach()) == 0
    none.backward()


def test_validation_and_test_get_the_base_loss():
    loss = loss_of()
    target = torch.tensor([1])
    assert torch.equal(loss(FIRST.log(), target), nn.CrossEntropyLoss()(FIRST.log(), target))
    assert loss.memory.abs().sum() == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [({"momentum": 1}, r"loss\.momentum=1: choose 0 to below 1"), ({"weight": -1}, r"loss\.weight=-1: choose 0")],
)
def test_values_out_of_range(options, message):
    with pytest.raises(FerError, match=message):
        EarlyLearningLoss(nn.CrossEntropyLoss(), **options)


def test_a_loss_without_memory_says_so():
    with pytest.raises(FerError, match=r"loss=elr has no memory yet"):
        EarlyLearningLoss(nn.CrossEntropyLoss()).regulariser(FIRST.log(), torch.tensor([0]))


def test_training_fills_the_rows_of_the_training_images_and_the_checkpoint_keeps_them(tmp_path):
    run = build_run(compose_job([*TINY, "loss=elr", "trainer.max_epochs=1", "logger=none"], tmp_path))
    outcome = fit(run)
    train = run.datamodule.protocol.train
    seen = run.module.loss.memory.sum(dim=1) > 0
    assert not seen[run.datamodule.protocol.val].any()
    assert seen[train].sum() == len(train) // 16 * 16
    kept = torch.load(outcome.best, weights_only=True)["state_dict"]["loss.memory"]
    assert torch.equal(kept, run.module.loss.memory)
    assert torch.equal(restore(outcome.best).module.loss.memory, kept)
