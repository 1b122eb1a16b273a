"""The average of the weights, by hand, and where it is used."""

from __future__ import annotations

import pytest
import torch
from support import TINY

from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit
from fer_lightning.training.callbacks.ema import Ema


@pytest.mark.parametrize(
    ("decay", "updates", "share"),
    [
        (0.999, 1, 2 / 11),  # (1 + 1) / (10 + 1) of the average stays
        (0.999, 91, 92 / 101),
        (0.999, 10**6, 0.999),
        (0.5, 91, 0.5),
    ],
)
def test_an_update_keeps_the_share_that_its_number_allows(decay, updates, share):
    averaged = Ema(decay)._averaged(torch.tensor([1.0]), torch.tensor([0.0]), torch.tensor(updates))
    assert averaged.item() == pytest.approx(share, rel=1e-5)


def test_whole_numbers_are_taken_as_they_are():
    assert Ema()._averaged(torch.tensor(3), torch.tensor(8), torch.tensor(5)).item() == 8


def test_the_average_is_what_validates_what_is_saved_and_what_tests(tmp_path):
    overrides = [*TINY, "callbacks=ema", "callbacks.ema.decay=0.9", "trainer.max_epochs=2", "logger=none"]
    run = build_run(compose_job(overrides, tmp_path))
    trained, validated = [], []
    average = None

    def after_step(*_, **__):
        nonlocal average
        weight = run.module.net.classify[-1].weight.detach().clone()
        trained.append(weight)
        if average is None:
            average = weight.clone()
        else:
            kept = min(0.9, len(trained) / (9 + len(trained)))  # (1 + n) / (10 + n), n updates before this one
            average = kept * average + (1 - kept) * weight

    def before_validation(batch, batch_idx, step=run.module.validation_step):
        validated.append(run.module.net.classify[-1].weight.detach().clone())
        return step(batch, batch_idx)

    run.module.validation_step = before_validation
    # hooks of the module run after those of its callbacks: the step is over
    run.module.on_train_batch_end = after_step
    fit(run)
    torch.testing.assert_close(validated[1], average, rtol=1e-5, atol=1e-6)
    assert not torch.allclose(trained[-1], average)
    saved = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    torch.testing.assert_close(saved["state_dict"]["net.classify.5.weight"], average, rtol=1e-5, atol=1e-6)
    assert torch.equal(saved["current_model_state"]["net.classify.5.weight"], trained[-1])


@pytest.mark.parametrize("decay", [0, 1, 1.5, -0.1])
def test_a_decay_that_averages_nothing_is_refused(decay):
    with pytest.raises(FerError, match=r"callbacks\.ema\.decay="):
        Ema(decay)


def test_the_figures_of_a_chosen_epoch_are_those_of_its_own_average(tmp_path):
    # a rate at which val/loss soon rises again: the chosen epoch is not the last, whose average must not be measured
    chosen = [
        "callbacks=ema",
        "monitor=val/loss",
        "mode=min",
        "optimizer=sgd",
        "optimizer.lr=0.05",
        "scheduler=constant",
    ]
    run = build_run(compose_job([*TINY, *chosen, "trainer.max_epochs=8", "logger=none"], tmp_path))
    outcome = fit(run)
    curve = [row["val/loss"] for row in run.epoch_log.epochs]
    assert curve.index(min(curve)) == outcome.epoch < 7
    assert outcome.metrics["val/loss"] == pytest.approx(min(curve), rel=1e-6)
