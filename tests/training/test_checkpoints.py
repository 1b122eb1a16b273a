"""A checkpoint is written whole or not at all."""

from __future__ import annotations

import os

import pytest
import torch

from fer_lightning.training.checkpoints import AtomicCheckpoints


def test_it_replaces_what_was_there_and_leaves_nothing_beside(tmp_path):
    path = tmp_path / "new" / "last.ckpt"
    for number in (1, 2):
        AtomicCheckpoints().save_checkpoint({"epoch": number}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 2}
    assert [file.name for file in path.parent.iterdir()] == ["last.ckpt"]


def test_a_process_that_dies_while_writing_leaves_the_one_of_before(tmp_path):
    path = tmp_path / "last.ckpt"
    AtomicCheckpoints().save_checkpoint({"epoch": 1}, path)

    class Dies:
        def __reduce__(self):
            os._exit(9)

    child = os.fork()
    if child == 0:
        AtomicCheckpoints().save_checkpoint({"weights": torch.zeros(1000), "dies": Dies()}, path)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert torch.load(path, weights_only=True) == {"epoch": 1}


def test_a_full_disk_leaves_the_one_of_before(tmp_path, monkeypatch):
    path = tmp_path / "last.ckpt"
    AtomicCheckpoints().save_checkpoint({"epoch": 1}, path)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        AtomicCheckpoints().save_checkpoint({"epoch": 2}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 1}
