"""Covers fer_lightning/results/report/save_targets.py: means by hand, and runs that must not teach."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from made_results import CLASSES, make_result

from fer_lightning.errors import FerError
from fer_lightning.results.predictions import Predictions
from fer_lightning.results.report.build import make_report
from fer_lightning.results.report.save_targets import write_soft_targets


def net(folder, tests, trains, chances, digests=None, **fields):
    """A run that tested some images, each named by a letter, and trained on others; `chances` are of `happy`."""
    digests = digests or {}
    sides = [*((image, "train") for image in trains), *((image, "test") for image in tests)]
    lines = [f"{image},{side},happy,{digests.get(image, image * 16)}\n" for image, side in sides]
    folder.mkdir(parents=True)
    (folder / "split.csv").write_text("image,side,label,digest\n" + "".join(lines))
    happy = np.array(chances, dtype=np.float32)
    shares = np.stack([happy, 1 - happy], axis=1)
    given = Predictions(np.array(list(tests)), np.zeros(len(tests), dtype=np.int64), tuple(CLASSES), shares)
    wrong = int((happy < 0.5).sum())
    matrix = [[len(tests) - wrong, wrong], [0, 0]]
    files = {"split": "split.csv"} | fields.pop("files", {})
    return make_result(folder, confusion_matrix=matrix, predictions=given, files=files, **fields)


@pytest.fixture
def halves(tmp_path):
    """Two seeds of a net on each of two halves of four images."""
    net(tmp_path / "0a", "ab", "cd", [0.9, 0.2], fold=0, seed=0)
    net(tmp_path / "0b", "ab", "cd", [0.7, 0.4], fold=0, seed=1)
    net(tmp_path / "1a", "cd", "ab", [0.6, 0.5], fold=1, seed=0)
    net(tmp_path / "1b", "dc", "ab", [0.3, 0.8], fold=1, seed=1)
    return tmp_path


def runs_in(folder):
    return [run for row in make_report([folder]).rows for run in row.runs]


def table(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_image_has_the_mean_of_the_runs_that_did_not_train_on_it(halves):
    told = write_soft_targets(runs_in(halves), halves / "out" / "targets.csv")
    lines = table(halves / "out" / "targets.csv")
    assert [line["image"] for line in lines] == list("abcd")
    assert [float(line["p_happy"]) for line in lines] == pytest.approx([0.8, 0.3, 0.7, 0.4])
    assert [float(line["p_sad"]) for line in lines] == pytest.approx([0.2, 0.7, 0.3, 0.6])
    assert {(line["trained"], line["nets"]) for line in lines} == {("2", "2")}
    assert lines[1]["digest"] == "b" * 16
    assert told.startswith("Soft targets of 4 images, each the mean of 2 runs that did not train on it")


def test_an_image_that_trained_and_that_no_run_tested_is_named(tmp_path):
    net(tmp_path / "0", "ab", "cd", [0.9, 0.2])
    with pytest.raises(FerError, match=r"2 of 2 images that train these runs are tested by none of them \(c, d\).*all"):
        write_soft_targets(runs_in(tmp_path), tmp_path / "targets.csv")
    assert not (tmp_path / "targets.csv").exists()


REFUSED = {
    "trained on it": ({"trains": "abc"}, r"/1 trained on 1 of the images that it tested, or on exact copies of them"),
    "trained on a copy": ({"digests": {"d": "a" * 16}}, r"/1 trained on 1 of the images .*\(d\)"),
    "other pictures": ({"digests": {"c": "0" * 16}}, r"/1 saw other images or labels than"),
    "another data set": ({"choices": {"data": "jaffe"}}, r"/1 is of another data set or other classes than"),
    "started from others": ({"config": {"init_from": "x.ckpt"}}, r"/1 learned from init_from=x\.ckpt"),
    "taught by others": ({"config": {"data.targets": "t.csv"}}, r"/1 learned from data\.targets=t\.csv"),
    "a test alone": ({"config": {"ckpt": "x.ckpt"}}, r"/1 tested a checkpoint that trained on perhaps some of its"),
    "a test on what trained": (
        {"config": {"ckpt": "x.ckpt"}, "counts": {"test": 2, "test_trained": 1}},
        r"tested a checkpoint that trained on 1 of its test images",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_run_that_must_not_teach_is_named(tmp_path, why):
    options, message = REFUSED[why]
    net(tmp_path / "0", "ab", "cd", [0.9, 0.2], fold=0)
    net(tmp_path / "1", "cd", fold=1, chances=[0.6, 0.6], **{"trains": "ab", **options})
    with pytest.raises(FerError, match=message):
        write_soft_targets(runs_in(tmp_path), tmp_path / "targets.csv")


def test_a_checkpoint_that_trained_on_none_of_the_images_may_teach_them(tmp_path):
    net(tmp_path / "0", "ab", "", [0.9, 0.2], config={"ckpt": "x.ckpt"}, counts={"test": 2, "test_trained": 0})
    write_soft_targets(runs_in(tmp_path), tmp_path / "targets.csv")
    assert [(line["trained"], line["nets"]) for line in table(tmp_path / "targets.csv")] == [("0", "1")] * 2


def test_a_run_without_predictions_or_split_is_named(halves):
    (halves / "1b" / "split.csv").unlink()
    with pytest.raises(FerError, match=r"1b has no split\.csv"):
        write_soft_targets(runs_in(halves), halves / "targets.csv")
    (halves / "0a" / "predictions.parquet").unlink()
    with pytest.raises(FerError, match=r"0a kept no predictions"):
        write_soft_targets(runs_in(halves), halves / "targets.csv")


def test_a_folder_is_no_file(halves):
    with pytest.raises(FerError, match=r"this is a folder; name a file"):
        write_soft_targets(runs_in(halves), halves)
