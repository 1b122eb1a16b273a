"""Trainings as processes that get killed, interrupted and resumed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from support import TINY

from fer_lightning.results.predictions import read as read_predictions
from fer_lightning.results.result import read

pytestmark = pytest.mark.slow
TRAIN = [sys.executable, "-m", "fer_lightning.commands.train"]
# 26 batches an epoch: long enough for a signal to come in the middle
RUN = [*TRAIN, *TINY, "data.faces.images=600", "trainer.max_epochs=4", "callbacks=ema", "data.num_workers=1"]


def start(*words, folder, **environment):
    return subprocess.Popen(
        [*words, f"hydra.run.dir={folder}"] if folder else list(words),
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def kill_in_mid_epoch(job, folder, signum, whole_group=False):
    """Sends the signal when last.ckpt of the second epoch is there and the third has begun."""
    last, mark = folder / "checkpoints" / "last.ckpt", None
    deadline = time.monotonic() + 240
    seen = 0
    while seen < 2:
        assert time.monotonic() < deadline, "no second epoch"
        assert job.poll() is None, job.communicate()[1]
        if last.exists() and last.stat().st_mtime_ns != mark:
            mark, seen = last.stat().st_mtime_ns, seen + 1
        time.sleep(0.01)
    time.sleep(0.15)
    (os.killpg if whole_group else os.kill)(job.pid, signum)
    return job.communicate(timeout=120)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    job = start(*RUN, folder=folder)
    _, err = job.communicate(timeout=300)
    assert job.returncode == 0, err
    return read(folder), read_predictions(folder / "predictions.parquet")


@pytest.mark.parametrize(
    ("signum", "whole_group"),
    [(signal.SIGKILL, True), (signal.SIGTERM, False), (signal.SIGUSR1, False), (signal.SIGINT, True)],
    ids=["kill -9", "SIGTERM", "SLURM's warning", "Ctrl-C"],
)
def test_a_killed_and_resumed_run_ends_as_an_uninterrupted_one(signum, whole_group, whole, tmp_path):
    job = start(*RUN, folder=tmp_path)
    out, err = kill_in_mid_epoch(job, tmp_path, signum, whole_group)
    assert not (tmp_path / "result.json").exists()
    assert out == ""
    if signum == signal.SIGKILL:
        assert job.returncode == -signal.SIGKILL
    else:
        assert job.returncode == 128 + signum, err
        assert f"fer-train resume={tmp_path}" in err
        assert "Traceback" not in err
    resumed = start(*TRAIN, f"resume={tmp_path}", folder=None)
    _, err = resumed.communicate(timeout=300)
    assert resumed.returncode == 0, err
    result, (expected, predictions) = read(tmp_path), whole
    assert result.metrics == expected.metrics
    assert result.confusion_matrix == expected.confusion_matrix
    assert result.config_hash == expected.config_hash
    assert result.resumed_from_epoch in (2, 3)
    again = read_predictions(tmp_path / "predictions.parquet")
    assert (again.probabilities == predictions.probabilities).all()


def test_a_loss_that_is_no_number_ends_the_command(tmp_path):
    job = start(*TRAIN, *TINY, "optimizer=sgd", "optimizer.lr=1e20", "scheduler=constant", folder=tmp_path)
    _, err = job.communicate(timeout=120)
    assert job.returncode == 1
    assert "error: the loss is nan at training step " in err
    assert "optimizer.lr=1e+20 is too high" in err
    assert "images of its batch: S0" in err
    assert "Traceback" not in err
    listed = (tmp_path / "nonfinite_batch.csv").read_text().splitlines()
    assert listed[0] == "image,label"
    assert len(listed) == 1 + 16
    assert not (tmp_path / "result.json").exists()
