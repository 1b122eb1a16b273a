"""An interrupted training, resumed, ends where an uninterrupted one does."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from support import TINY

from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit
from fer_lightning.training.callbacks import terminate_on_nonfinite
from fer_lightning.training.callbacks.interrupt import STOP_SIGNALS, Interrupted

EPOCHS, BATCHES = 3, 4  # 67 training images in batches of 16

VARIANTS = {
    "plain": [],
    "ema and workers": ["callbacks=ema", "callbacks.ema.decay=0.9", "data.num_workers=2", "augment=strong"],
    "accumulated": ["trainer.accumulate_grad_batches=2", "optimizer=sgd", "scheduler=one_cycle", "data.balanced=true"],
    "counted in steps": ["trainer.max_steps=12", "trainer.max_epochs=-1", "scheduler=constant"],
    "validated often": ["trainer.val_check_interval=2"],
    "growing and mixed": [
        *(
            "callbacks=[ema,progressive]",
            "callbacks.progressive.sizes=[16,24,32]",
            "model=resnet",
            "model.input.size=32",
        ),
        *("model.net.widths=[4,8]", "model.net.blocks=[1,1]", "model.net.block_dropout=0.2"),
        *("mix=both", "mix.prob=0.8", "mix.off_after=0.7", "augment=affine_batched"),
    ],
    "averaged at the ends": [
        "callbacks=swa",
        "callbacks.swa.start=0.3",
        "scheduler=cosine_restarts",
        "scheduler.every=1",
    ],
    "stopping": ["callbacks=early_stopping", "scheduler=plateau", "scheduler.patience=0"],
}


class Kill(pl.Callback):
    """Sends this process a signal when a training batch, or a validation, begins."""

    def __init__(self, epoch, batch, signum=signal.SIGTERM, stage="train"):
        self.place, self.signum, self.stage = (epoch, batch), signum, stage

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if self.stage == "train" and (trainer.current_epoch, batch_idx) == self.place:
            os.kill(os.getpid(), self.signum)

    def on_validation_batch_start(self, trainer, pl_module, batch, batch_idx):
        if self.stage == "val" and trainer.current_epoch == self.place[0]:
            os.kill(os.getpid(), self.signum)


def built(folder, *overrides):
    return build_run(compose_job([*TINY, f"trainer.max_epochs={EPOCHS}", *overrides], folder))


def weights_of(run):
    return torch.cat([value.flatten().double() for value in run.module.state_dict().values()])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The uninterrupted run of a variant, made once."""
    made = {}

    def run_of(variant):
        if variant not in made:
            run = built(tmp_path_factory.mktemp("whole"), *VARIANTS[variant])
            made[variant] = run, fit(run)
        return made[variant]

    return run_of


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize(
    ("epoch", "batch", "stage"), [(0, 1, "train"), (1, 2, "train"), (1, 3, "train"), (2, 0, "val")]
)
def test_a_resumed_run_ends_where_an_uninterrupted_one_does(variant, epoch, batch, stage, whole, tmp_path):
    expected_run, expected = whole(variant)
    cut = built(tmp_path, *VARIANTS[variant])
    cut.trainer.callbacks.insert(0, Kill(epoch, batch, stage=stage))
    with pytest.raises(Interrupted, match="SIGTERM"):
        fit(cut)
    last = tmp_path / "checkpoints" / "last.ckpt"
    saved = torch.load(last, weights_only=True)
    # two accumulated batches are one step: asked in the third, it ends after the fourth, which is the epoch's last
    step = 2 if variant == "accumulated" else 1
    last_validation = stage == "val" and variant != "validated often"
    at_an_epochs_end = last_validation or -(-(batch + 1) // step) * step == BATCHES
    assert saved["epoch"] == epoch
    assert ("Interrupt" in saved["callbacks"]) is not at_an_epochs_end

    resumed = built(tmp_path, *VARIANTS[variant])
    outcome = fit(resumed, resume_from=last)
    assert outcome.metrics == expected.metrics
    np.testing.assert_array_equal(outcome.confusion_matrix, expected.confusion_matrix)
    assert outcome.epoch == expected.epoch
    assert resumed.epoch_log.epochs == expected_run.epoch_log.epochs
    assert resumed.epoch_log.train_images == expected_run.epoch_log.train_images
    assert torch.equal(weights_of(resumed), weights_of(expected_run))


@pytest.mark.parametrize("signum", STOP_SIGNALS)
def test_each_signal_ends_after_the_running_step_and_gives_its_handler_back(signum, tmp_path):
    def mine(*_):
        pytest.fail("the handler of before was called")

    before = signal.signal(signum, mine)
    try:
        run = built(tmp_path)
        run.trainer.callbacks.insert(0, Kill(1, 1, signum))
        with pytest.raises(Interrupted) as ended:
            fit(run)
        assert signal.getsignal(signum) is mine
    finally:
        signal.signal(signum, before)
    assert ended.value.signum == signum
    assert torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)["global_step"] == BATCHES + 2
    assert run.trainer.global_step == BATCHES + 2


def test_a_training_that_ends_well_gives_the_handlers_back_too(tmp_path):
    before = {signum: signal.getsignal(signum) for signum in STOP_SIGNALS}
    fit(built(tmp_path, "trainer.max_epochs=1"))
    assert {signum: signal.getsignal(signum) for signum in STOP_SIGNALS} == before


def test_a_second_ctrl_c_does_not_wait_for_the_step(tmp_path):
    run = built(tmp_path)
    run.trainer.callbacks[:0] = [Kill(0, 1, signal.SIGINT), Kill(0, 1, signal.SIGINT)]
    with pytest.raises(SystemExit):
        fit(run)
    assert run.trainer.global_step == 1


def test_a_loss_that_nobody_has_looked_at_is_not_saved(tmp_path, monkeypatch):
    monkeypatch.setattr(terminate_on_nonfinite, "AT_ONCE", ())  # as on a GPU, where a look comes every 20 batches
    run = built(tmp_path)
    run.trainer.callbacks.insert(0, Kill(1, 1))

    def step(batch, batch_idx, step=run.module.training_step):
        return step(batch, batch_idx) * (float("nan") if run.trainer.current_epoch == 1 else 1)

    run.module.training_step = step
    with pytest.raises(terminate_on_nonfinite.NonFiniteLoss):
        fit(run)
    saved = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    assert saved["epoch"] == 0
    assert all(value.isfinite().all() for value in saved["state_dict"].values())


def test_half_an_epoch_goes_on_with_as_many_devices_only(tmp_path):
    cut = built(tmp_path)
    cut.trainer.callbacks.insert(0, Kill(1, 1))
    with pytest.raises(Interrupted):
        fit(cut)
    last = tmp_path / "checkpoints" / "last.ckpt"
    saved = torch.load(last, weights_only=True)
    saved["callbacks"]["Interrupt"]["processes"] *= 2
    torch.save(saved, last)
    with pytest.raises(FerError, match=r"last\.ckpt was left in mid-epoch by 2 devices, here are 1: resume on as many"):
        fit(built(tmp_path), resume_from=last)
