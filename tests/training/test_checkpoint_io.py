"""A checkpoint is written whole or not at all."""

from __future__ import annotations

import os
import resource
import signal
import tempfile

import pytest
import torch

from fer_lightning.training.checkpoint_io import AtomicCheckpointIO


def test_it_replaces_what_was_there_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "new" / "last.ckpt"
    for number in (1, 2):
        AtomicCheckpointIO().save_checkpoint({"epoch": number}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 2}
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


def test_a_process_that_is_killed_while_writing_leaves_the_one_of_before_and_nothing_in_tmpdir(tmp_path, monkeypatch):
    run, temporary = tmp_path / "run", tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    path = run / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"epoch": 1}, path)
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # the system kills what writes beyond the limit
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        AtomicCheckpointIO().save_checkpoint({"weights": torch.zeros(100_000)}, path)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGXFSZ
    assert torch.load(path, weights_only=True) == {"epoch": 1}
    assert list(temporary.iterdir()) == []
    assert {file.name for file in run.iterdir()} == {"last.ckpt", "last.ckpt.partial"}
    AtomicCheckpointIO().save_checkpoint({"epoch": 2}, path)
    assert {file.name for file in run.iterdir()} == {"last.ckpt"}


def test_a_full_disk_leaves_the_one_of_before(tmp_path, monkeypatch):
    path = tmp_path / "last.ckpt"
    AtomicCheckpointIO().save_checkpoint({"epoch": 1}, path)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        AtomicCheckpointIO().save_checkpoint({"epoch": 2}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 1}
