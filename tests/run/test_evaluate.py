"""Which classes of a model and of a data set mean the same."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_lightning.errors import FerError
from fer_lightning.run.build import describe_training_data
from fer_lightning.run.checkpoint.restore import restore
from fer_lightning.run.config.compose import compose, compose_job, make_job
from fer_lightning.run.evaluate import _has_same_training_split, _select_comparable, _use_folder_classes, evaluate

DIGITS = [str(digit) for digit in range(10)]


def job_on(data, tmp_path, checkpoint):
    overrides = [f"data={data}", f"ckpt={checkpoint}", "data.batch_size=16", f"paths.output_dir={tmp_path}"]
    return make_job(compose(overrides, "eval"), overrides, tmp_path)


@pytest.mark.parametrize(
    ("data", "before", "names", "same"),
    [
        ("mnist", "mnist", DIGITS, DIGITS),
        ("folder", "fer2013", ["3", "happy", "smug"], ["happy"]),
        ("folder", "mnist", ["3", "happy"], ["happy"]),
        ("fer2013", "folder", ["happy", "sad"], ["happy", "sad"]),
        ("folder", "folder", ["smug", "happy"], ["smug", "happy"]),
        ("folder", "folder", ["bored", "smug", "happy"], ["happy"]),  # another folder, in which smug may be anything
    ],
)
def test_names_of_ones_own_mean_the_same_only_in_their_own_data_set(data, before, names, same, tmp_path):
    job = job_on(data, tmp_path, "x.ckpt")
    assert _select_comparable(names, job, {"choices": {"data": before}, "class_names": ["happy", "smug"]}) == same


@pytest.mark.parametrize(
    ("in_folder", "typed", "expected"),
    [
        (["ennui", "happy"], None, ["happy", "ennui"]),  # in the model's order
        (["ennui", "happy", "sad"], ["happy", "sad"], ["happy", "sad"]),
        (["bored", "ennui", "happy"], None, None),  # another folder: the config's names stay
    ],
)
def test_a_folder_is_tested_on_its_own_classes(in_folder, typed, expected, tiny_checkpoint, tmp_path):
    random = np.random.default_rng(0)
    for name in in_folder:
        (tmp_path / "faces" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / f"faces/{name}/0.png"), random.integers(0, 256, (48, 48), dtype=np.uint8))
    words = [f"data.faces.dir={tmp_path}/faces", *([f"data.class_names=[{','.join(typed)}]"] if typed else [])]
    overrides = ["data=folder", f"paths.cache_dir={tmp_path}/cache", f"paths.output_dir={tmp_path}", *words]
    job = make_job(compose(overrides, "eval"), overrides, tmp_path)
    _, recorded, prepare = restore(tiny_checkpoint)
    recorded = {**recorded, "choices": {"data": "folder"}, "class_names": ["happy", "sad", "ennui"]}
    wanted = expected or job.config["data"]["class_names"]
    assert _use_folder_classes(job, recorded, prepare).config["data"]["class_names"] == wanted


def test_a_model_of_faces_is_not_tested_on_digits(tiny_checkpoint, tiny_mnist, tmp_path):
    with pytest.raises(FerError, match=r"data=mnist: its classes 0, 1, .* mean nothing to a model of synthetic"):
        evaluate(job_on("mnist", tmp_path, tiny_checkpoint))


def test_a_protocol_that_trains_nothing_is_what_a_test_is_for(tiny_checkpoint, tiny_jaffe, tmp_path):
    result = evaluate(job_on("jaffe", tmp_path, tiny_checkpoint)).result
    images = len(list(tiny_jaffe.glob("*.tiff")))
    assert result.protocol == "test_only"
    assert result.counts == {"train": 0, "val": 0, "test": images, "test_trained": 0}
    assert sum(map(sum, result.confusion_matrix)) == images


@pytest.mark.parametrize("names", [["smug", "bored"], ["happy", "smug"]])
def test_fewer_than_two_classes_of_the_model_are_refused_with_its_own(names, tiny_checkpoint, tmp_path):
    job = job_on("synthetic", tmp_path, tiny_checkpoint)
    job.config["data"]["class_names"] = names
    with pytest.raises(FerError, match=r"at least two of the model's classes.*'data\.class_names=\[angry,disgust,"):
        evaluate(job)


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ([], True),
        (["data.protocol=holdout"], False),
        (["data.exclude_copies=exact"], False),
        (["data.split_seed=1"], False),
    ],
)
def test_accuracies_without_copies_are_told_where_the_split_is_that_of_the_training(change, known, tmp_path):
    before = compose_job(["data=fer2013"], tmp_path)
    recorded = {"choices": before.choices, "trained_on": describe_training_data(before)}
    assert _has_same_training_split(compose_job(["data=fer2013", *change], tmp_path), recorded) is known


def test_a_checkpoint_of_other_data_does_not_know_them(tmp_path):
    before = compose_job(["data=synthetic"], tmp_path)
    for recorded in (
        {"choices": before.choices},
        {"choices": before.choices, "trained_on": describe_training_data(before)},
    ):
        assert not _has_same_training_split(compose_job(["data=fer2013"], tmp_path), recorded)
