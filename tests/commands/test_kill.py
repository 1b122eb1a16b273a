"""Trainings as processes that get killed, interrupted and resumed."""

from __future__ import annotations

import signal

import pytest
import torch
from children import TRAIN, kill_in_mid_epoch, start
from support import TINY

from fer_lightning.results.predictions import read as read_predictions
from fer_lightning.results.result import read

pytestmark = pytest.mark.slow
# 52 batches an epoch: long enough for a signal to come in the middle
RUN = [*TRAIN, *TINY, "data.faces.images=1200", "trainer.max_epochs=4", "callbacks=ema", "data.num_workers=1"]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    job = start(*RUN, folder=folder)
    _, err = job.communicate(timeout=300)
    assert job.returncode == 0, err
    return read(folder), read_predictions(folder / "predictions.parquet")


@pytest.mark.parametrize(
    "signum",
    [signal.SIGKILL, signal.SIGTERM, signal.SIGUSR1, signal.SIGINT],
    ids=["kill -9", "SIGTERM", "SLURM's warning", "Ctrl-C"],
)
def test_a_killed_and_resumed_run_ends_as_an_uninterrupted_one(signum, whole, tmp_path):
    job = start(*RUN, folder=tmp_path)
    out, err = kill_in_mid_epoch(job, tmp_path, signum, whole_group=True)
    assert not (tmp_path / "result.json").exists()
    assert out == ""
    if signum == signal.SIGKILL:
        assert job.returncode == -signal.SIGKILL
    else:
        assert job.returncode == 128 + signum, err
        assert f"fer-train resume={tmp_path}" in err
        assert "Traceback" not in err
        saved = torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)
        assert 0 < saved["callbacks"]["Interrupt"]["batches"] < 52
    resumed = start(*TRAIN, f"resume={tmp_path}")
    _, err = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, err
    result, (expected, predictions) = read(tmp_path), whole
    assert result.metrics == expected.metrics
    assert result.confusion_matrix == expected.confusion_matrix
    assert result.config_hash == expected.config_hash
    assert result.resumed_from_epoch in (2, 3)
    again = read_predictions(tmp_path / "predictions.parquet")
    assert (again.probabilities == predictions.probabilities).all()
