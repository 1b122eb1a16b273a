"""A process that loads images and is killed ends a run in one message."""

from __future__ import annotations

import os
import signal

import pytest
import torch
from support import TINY

from fer_lightning.data.dataset import FaceDataset
from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import compose, compose_job, make_job
from fer_lightning.run.evaluate import evaluate
from fer_lightning.run.process.worker_failures import report_worker_failures
from fer_lightning.run.train import train


@pytest.fixture
def deadly(monkeypatch):
    """The loading processes kill themselves with the first batch."""
    load = FaceDataset.__getitem__

    def load_or_die(dataset, draw):
        if torch.utils.data.get_worker_info() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return load(dataset, draw)

    monkeypatch.setattr(FaceDataset, "__getitem__", load_or_die)


MESSAGE = (
    r"^data\.num_workers=1: a process that loads images ended \(DataLoader worker [^\n]*\), most often for want of"
)


@pytest.mark.slow
def test_of_a_training(tmp_path, deadly):
    with pytest.raises(FerError, match=MESSAGE):
        train(compose_job([*TINY, "logger=none", "debug=fast", "data.num_workers=1"], tmp_path))


@pytest.mark.slow
def test_of_a_test(tmp_path, deadly, tiny_checkpoint):
    words = ["data=synthetic", *TINY, f"ckpt={tiny_checkpoint}", "data.num_workers=1", f"paths.output_dir={tmp_path}"]
    with pytest.raises(FerError, match=MESSAGE):
        evaluate(make_job(compose(words, "eval"), words, tmp_path))


def test_the_way_on_is_told_where_there_is_one_and_other_errors_pass(tmp_path):
    job = compose_job([*TINY, "data.num_workers=2"], tmp_path)
    job.last_checkpoint.parent.mkdir()
    job.last_checkpoint.touch()
    with pytest.raises(FerError, match=rf"fer-train resume={tmp_path} goes on$"), report_worker_failures(job):
        raise RuntimeError("DataLoader worker (pid 7) is killed by signal: Killed. ")
    with pytest.raises(RuntimeError, match="shapes"), report_worker_failures(job):
        raise RuntimeError("shapes do not fit")
