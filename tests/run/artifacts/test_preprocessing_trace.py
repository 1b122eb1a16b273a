"""The steps that a picture shows are those by which the net's input came about."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.run.artifacts.preprocessing_trace import select_rows, trace_preprocessing
from fer_lightning.run.artifacts.run_figures import draw_steps
from fer_lightning.run.build import build_data
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.job import Job


def opened(tmp_path, *overrides):
    job: Job = compose_job(list(overrides), tmp_path)
    return job, build_data(job.config["data"], job.config)


SYNTHETIC = ["data.faces.images=96", "data.faces.subjects=10"]


def test_steps_are_named_in_the_words_of_the_config_and_end_as_the_net_sees(tmp_path):
    _, datamodule = opened(tmp_path, *SYNTHETIC, "model=stn_cnn", "preprocess.size=40")
    rows = select_rows(datamodule, 4)
    assert len(set(rows.tolist())) == 4
    assert set(rows.tolist()) <= set(datamodule.protocol.train.tolist())
    steps = trace_preprocessing(datamodule, rows)
    assert [step.name for step in steps] == ["as read", "grey", "equalize", "size 40", "what the net sees, centre"]
    for place, row in enumerate(rows):
        assert np.array_equal(steps[0].images[place], datamodule.prepared_data.source.pixels[row])
        assert np.array_equal(steps[3].images[place], datamodule.faces.array[row])
        assert np.array_equal(steps[4].images[place], datamodule.faces.array[row][4:36, 4:36])


def test_the_faces_shown_are_of_several_classes(tmp_path, tiny_ckplus):
    # in the order of the files each sequence begins neutral
    kfold = ["data.protocol=kfold", "data.frames=first_and_last3", f"data.faces.dir={tiny_ckplus}"]
    _, datamodule = opened(tmp_path, "data=ckplus", *kfold)
    assert len(set(datamodule.faces.label[select_rows(datamodule, 6)].tolist())) == 6


@pytest.mark.usefixtures("tiny_jaffe")
def test_turned_and_located_faces_are_shown_before_and_after(tmp_path):
    _, datamodule = opened(
        tmp_path, "data=jaffe", "data.protocol=kfold", "data.locate.align=true", "data.rotate=5", "model=stn_cnn"
    )
    rows = select_rows(datamodule, 3)
    steps = trace_preprocessing(datamodule, rows)
    assert [step.name for step in steps[:4]] == ["as read", "rotate 5", "locate haar, mtcnn, crop, align", "grey"]
    read = datamodule.read(cache_dir=datamodule.cache_dir)
    for place, row in enumerate(rows):
        assert np.array_equal(steps[0].images[place], read.pixels[row // 2])  # each stands there at either sign
        assert steps[1].images[place].shape == (96, 96)
        assert steps[2].images[place].shape < (96, 96)  # rather faces that were found
        assert np.array_equal(steps[2].images[place], datamodule.prepared_data.source.pixels[row])


def test_a_mean_image_is_shown_subtracted_around_middle_grey(tmp_path):
    _, datamodule = opened(tmp_path, *SYNTHETIC, "model.input.normalise=mean_image")
    rows = select_rows(datamodule, 4)
    step = trace_preprocessing(datamodule, rows)[-1]
    assert step.name == "minus the mean image"
    shown = np.stack(step.images).astype(np.float64) - 127.5
    seen = np.stack(trace_preprocessing(datamodule, rows)[-2].images) / 255 - datamodule.mean_image()[0]
    assert np.abs(shown).max() == 127.5
    assert np.allclose(shown / 127.5, seen / np.abs(seen).max(), atol=1 / 127)


def test_the_picture_lies_in_the_run_s_folder(tmp_path):
    job, datamodule = opened(tmp_path, *SYNTHETIC)
    draw_steps(job, datamodule)
    assert (tmp_path / "steps.png").read_bytes().startswith(b"\x89PNG")
