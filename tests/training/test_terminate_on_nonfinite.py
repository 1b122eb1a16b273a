"""A loss that is no number ends training at its step."""

from __future__ import annotations

import math

import pytest
import torch
from support import TINY

from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit
from fer_lightning.training.callbacks import terminate_on_nonfinite
from fer_lightning.training.callbacks.terminate_on_nonfinite import NonFiniteLoss, TrainingStep


def failing(folder, at=6, value=math.nan):
    """A run of four batches an epoch whose loss is `value` at step `at`, counted from 1."""
    run = build_run(compose_job([*TINY, "trainer.max_epochs=3", "logger=none"], folder))
    seen, losses = [], []

    def step(batch, batch_idx, step=run.module.training_step):
        seen.append(batch.row.tolist())
        loss = step(batch, batch_idx)
        losses.append(float(loss.detach()))
        return loss * (value if len(seen) == at else 1)

    run.module.training_step = step
    return run, seen, losses


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_it_names_the_step_the_images_and_the_losses_before(tmp_path, value):
    run, seen, losses = failing(tmp_path, value=value)
    with pytest.raises(NonFiniteLoss) as found:
        fit(run)
    failure = found.value
    assert failure.step.number == 6
    assert failure.step.rows == seen[5]
    assert failure.epoch == 1
    assert failure.before == pytest.approx(losses[:5], rel=1e-6)
    assert not math.isfinite(failure.step.loss)
    assert len(seen) == 6
    assert torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)["epoch"] == 0


def test_a_look_that_comes_late_still_names_the_first_bad_step(tmp_path, monkeypatch):
    monkeypatch.setattr(terminate_on_nonfinite, "AT_ONCE", ())  # as on a GPU
    monkeypatch.setattr(terminate_on_nonfinite, "EVERY", 3)
    run, seen, losses = failing(tmp_path, at=2)
    with pytest.raises(NonFiniteLoss) as found:
        fit(run)
    assert len(seen) == 3
    assert (found.value.step.number, found.value.step.rows) == (2, seen[1])
    assert found.value.before == pytest.approx(losses[:1])


def test_no_epoch_ends_unseen(tmp_path, monkeypatch):
    monkeypatch.setattr(terminate_on_nonfinite, "AT_ONCE", ())
    run, seen, _ = failing(tmp_path, at=8)
    with pytest.raises(NonFiniteLoss):
        fit(run)
    assert len(seen) == 8
    assert torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)["epoch"] == 0


@pytest.mark.parametrize(
    ("before", "grew"),
    [([2.0, 2.1, 1.9], False), ([2.0, 9.0, 4e7], True), ([2.0], False), ([], False), ([0.01, 0.5, 0.9], False)],
)
def test_losses_that_grew_before_point_to_the_step_length(before, grew):
    assert NonFiniteLoss(TrainingStep(4, math.nan, [1]), before, 0).grew is grew
