"""The mean over the ends of the last epochs: by hand, and where it is used."""

from __future__ import annotations

import pytest
import torch
from support import TINY

from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit
from fer_lightning.training.callbacks.swa import Swa


def test_the_mean_of_the_last_epochs_validates_is_saved_and_tests(tmp_path):
    overrides = [*TINY, "callbacks=swa", "callbacks.swa.start=0.5", "trainer.max_epochs=4", "logger=none"]
    run = build_run(compose_job(overrides, tmp_path))
    ends, validated = {}, {}

    def weight():
        return run.module.net.classify[-1].weight.detach().clone()

    def after_step(*_, **__):
        ends[run.trainer.current_epoch] = weight()

    def before_validation(batch, batch_idx, step=run.module.validation_step):
        if run.trainer.state.fn == "fit":
            validated[run.trainer.current_epoch] = weight()
        return step(batch, batch_idx)

    run.module.validation_step = before_validation
    run.module.on_train_batch_end = after_step
    fit(run)
    for epoch in (0, 1):
        assert torch.equal(validated[epoch], ends[epoch])
    assert torch.allclose(validated[2], ends[2])
    mean = (ends[2] + ends[3]) / 2
    torch.testing.assert_close(validated[3], mean)
    assert not torch.allclose(mean, ends[3])
    saved = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
    name = next(name for name, value in run.module.named_parameters() if value is run.module.net.classify[-1].weight)
    torch.testing.assert_close(saved["state_dict"][name], mean)


@pytest.mark.parametrize("start", [-0.1, 1])
def test_a_share_out_of_range(start):
    with pytest.raises(FerError, match=rf"callbacks\.swa\.start={start}: choose a share"):
        Swa(start)


def test_two_averages_are_refused(tmp_path):
    with pytest.raises(FerError, match="callbacks: Ema and Swa would each put their average in the net"):
        build_run(compose_job([*TINY, "callbacks=[ema,swa]", "logger=none"], tmp_path))


def test_snapshots_are_kept_at_the_end_of_each_cycle(tmp_path):
    overrides = [*TINY, "callbacks=snapshots", "scheduler=cosine_restarts", "scheduler.every=2", "trainer.max_epochs=4"]
    fit(build_run(compose_job([*overrides, "logger=none"], tmp_path)))
    kept = {path.name for path in (tmp_path / "checkpoints").iterdir()}
    assert kept == {"best.ckpt", "last.ckpt", "snapshot_1.ckpt", "snapshot_3.ckpt"}
