"""Votes: the mode reaches the reader, and shares reach the batches in the wanted classes."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.datamodule import VotesDataModule
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.prepare import Prepare


@pytest.fixture
def common(tmp_path):
    return {"cache_dir": tmp_path, "prepare": Prepare(12), "input": InputSpec(12), "protocol": "holdout"}


def test_the_reader_gets_the_mode(make_faces, common):
    modes = []

    def read(cache_dir, label_mode):
        modes.append(label_mode)
        return make_faces(np.arange(70) % 7)

    data = VotesDataModule(read, ["happy", "sad"], "majority", **common)
    data.setup()
    assert modes == ["majority"]
    assert next(iter(data.test_dataloader())).votes is None


def test_shares_are_those_of_the_wanted_classes_in_their_order(make_faces, common):
    shares = np.zeros((70, 7), dtype=np.float32)
    shares[:, 3], shares[:, 4], shares[:, 0] = 0.6, 0.2, 0.2  # happy, sad, angry
    faces = make_faces(np.repeat([3, 4], 35), extras={"target": shares})
    data = VotesDataModule(lambda cache_dir, label_mode: faces, ["sad", "happy"], "distribution", **common)
    for loader in (data.train_dataloader(), data.val_dataloader(), data.test_dataloader()):
        batch = next(iter(loader))
        assert batch.votes.numpy() == pytest.approx(np.tile([0.25, 0.75], (len(batch.row), 1)))
        assert batch.target is batch.votes
