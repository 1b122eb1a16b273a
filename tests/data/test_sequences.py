"""The data module of sequences hands the frames on, and says where neutral faces would come from."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.datamodule import SequenceDataModule
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError


@pytest.fixture
def common(tmp_path):
    return {"cache_dir": tmp_path, "prepare": Prepare(12), "input": InputSpec(12), "protocol": "holdout"}


def reader(faces, calls):
    def read(cache_dir, frames):
        calls.append((cache_dir, frames))
        return faces

    return read


def test_the_reader_gets_the_cache_and_the_frames_when_the_data_are_opened(make_faces, common, tmp_path):
    calls = []
    faces = make_faces(np.arange(60) % 6)
    data = SequenceDataModule(reader(faces, calls), ["happy", "sad"], "apex", **common)
    assert calls == []
    data.setup()
    assert calls == [(tmp_path, "apex")]
    assert data.faces.class_names == ("happy", "sad")


@pytest.mark.parametrize(
    ("classes", "wish"),
    [("7_neutral", r"data\.classes=7_neutral"), (8, r"data\.classes=8"), (None, r"data\.class_names")],
)
def test_neutral_faces_without_first_frames_are_refused(make_faces, common, classes, wish):
    faces = make_faces(np.arange(60) % 6)  # no neutral, which is 6
    data = SequenceDataModule(reader(faces, []), ["happy", "neutral"], "last3", classes, **common)
    message = wish + r" wants neutral faces, and data\.frames=last3 has none: take data\.frames=first_and_last3"
    with pytest.raises(FerError, match=message):
        data.setup()


def test_neutral_faces_that_are_there_are_taken(make_faces, common):
    data = SequenceDataModule(
        reader(make_faces(np.arange(70) % 7), []), ["happy", "neutral"], "first_and_last3", **common
    )
    assert data.class_counts() == [7, 7]
