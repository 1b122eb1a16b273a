"""A run is tied to its images: a resume and a test notice what has changed in the data since it began."""

from __future__ import annotations

import csv
import json
import os
import shutil

import cv2
import numpy as np
import pytest
import torch
from support import TINY_BATCH, call

from fer_lightning.commands import evaluate, train
from fer_lightning.results.result import read
from fer_lightning.run.artifacts.split_table import SplitRow
from fer_lightning.run.resume.same_data import describe_differences
from tests.layouts.folders import write_folders

NAMES = "[angry,disgust,fear,happy,sad,surprise,neutral,contempt]"
DATA = ["data=folder", "data.protocol=holdout", f"data.class_names={NAMES}", *TINY_BATCH]


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_faces):
    """A run of one epoch on a folder of drawn faces, and that folder below `data`."""
    folder = tmp_path_factory.mktemp("trained")
    write_folders(tiny_faces, folder / "data", "classes")
    where = [f"data.faces.dir={folder}/data", f"hydra.run.dir={folder}/run"]
    assert call(train.main, *DATA, *where, "trainer.max_epochs=1", "logger=none") == 0
    return folder


@pytest.fixture
def at_work(trained, tmp_path):
    """A copy of the run and of its data; the run reads the copy."""
    shutil.copytree(trained, tmp_path / "t")
    for name in ("job.json", "result.json"):
        path = tmp_path / "t" / "run" / name
        path.write_text(path.read_text().replace(str(trained), str(tmp_path / "t")))
    return tmp_path / "t"


def add(folder):
    for number in range(5):
        image = np.random.default_rng(number).integers(0, 256, (48, 48), dtype=np.uint8)
        cv2.imwrite(str(folder / "data" / "happy" / f"new{number}.png"), image)


def remove(folder):
    for path in sorted((folder / "data" / "sad").iterdir())[:2]:
        path.unlink()


def repaint(folder):
    path = min((folder / "data" / "fear").iterdir())
    cv2.imwrite(str(path), 255 - cv2.imread(str(path), cv2.IMREAD_GRAYSCALE))


def sides_of(run):
    with (run / "split.csv").open(newline="", encoding="utf-8") as stream:
        return {row["image"]: row["side"] for row in csv.DictReader(stream)}


def state(folder):
    """Of every file but the log and the lock: its time and content."""
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("train.log", ".lock")
    }


def longer(folder):
    return call(train.main, f"resume={folder}/run", "trainer.max_epochs=2")


def test_a_run_keeps_the_digest_of_each_side_everywhere(trained):
    run = trained / "run"
    digest = read(run).data_digest
    assert list(digest) == ["train", "val", "test"]
    assert len(set(digest.values())) == 3
    saved = torch.load(run / "checkpoints" / "best.ckpt", weights_only=True)
    assert json.loads((run / "job.json").read_text())["data_digest"] == saved["fer_config"]["data_digest"] == digest
    with (run / "split.csv").open(newline="", encoding="utf-8") as stream:
        expected = [row["digest"] for row in csv.DictReader(stream) if row["side"] == "train"]
    kept = saved["trained_images"]
    assert kept.dtype == torch.int64
    assert [number.tobytes().hex() for number in kept.numpy()] == expected


def test_a_resume_refuses_other_data_and_says_what_has_changed(at_work, capfd):
    was = sides_of(at_work / "run")
    for change in (add, remove, repaint):
        change(at_work)
    before = state(at_work / "run")
    assert longer(at_work) == 1
    message = next(line for line in capfd.readouterr().err.splitlines() if line.startswith("error: "))
    assert message.startswith(f"error: resume={at_work}/run: its data have changed since it began: 5 added (happy/new")
    assert " and 2 more), 2 removed (sad/" in message
    assert ", 1 changed (fear/" in message
    assert state(at_work / "run") == before
    assert call(train.main, *DATA, f"data.faces.dir={at_work}/data", "debug=fast", f"hydra.run.dir={at_work}/new") == 0
    now = sides_of(at_work / "new")
    moved = [image for image in now if image in was and was[image] != now[image]]
    assert f"{len(moved)} moved to another side ({', '.join(moved[:3])} and " in message


def placed(*lines):
    return [SplitRow(*line.split()) for line in lines]


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (["a train sad 1", "b test sad 2"], ""),
        (["b test sad 2", "a train sad 1"], ""),
        (["a train sad 1", "b test sad 2", "c val sad 3"], "1 added (c)"),
        (["a train sad 1"], "1 removed (b)"),
        (["a train sad 9", "b test sad 2"], "1 changed (a)"),
        (["a train sad 1", "b test happy 2"], "1 changed (b)"),
        (["a train sad 1", "a test sad 1", "b test sad 2"], "1 moved to another side (a)"),
        (["a test sad 1", "b train sad 9"], "1 changed (b), 2 moved to another side (a, b)"),
    ],
)
def test_every_kind_of_change(now, told):
    assert describe_differences(placed("a train sad 1", "b test sad 2"), placed(*now)) == told


def test_a_resume_goes_on_with_the_same_images(at_work):
    before = read(at_work / "run").data_digest
    for path in (at_work / "data").rglob("*.png"):
        os.utime(path)
    assert longer(at_work) == 0
    assert read(at_work / "run").data_digest == before
    assert read(at_work / "run").resumed_from_epoch == 1


def test_a_run_from_before_digests_goes_on_and_says_so_in_one_line(at_work, capfd):
    job = at_work / "run" / "job.json"
    content = json.loads(job.read_text())
    del content["data_digest"]
    job.write_text(json.dumps(content))
    add(at_work)
    assert longer(at_work) == 0
    assert capfd.readouterr().err.count("began before digests were kept") == 1
    assert json.loads(job.read_text())["data_digest"] == read(at_work / "run").data_digest


def test_without_a_list_of_its_images_a_resume_names_the_sides(at_work, capfd):
    (at_work / "run" / "split.csv").unlink()
    repaint(at_work)
    assert longer(at_work) == 1
    assert "other images, labels, votes or soft targets, or another order, in " in capfd.readouterr().err


def evaluated(folder, *words):
    where = [
        f"ckpt={folder}/run/checkpoints/best.ckpt",
        f"data.faces.dir={folder}/data",
        f"hydra.run.dir={folder}/eval",
    ]
    assert call(evaluate.main, *DATA, *where, *words) == 0
    return read(folder / "eval")


def test_test_images_that_trained_are_counted_and_named_and_left_out(at_work, capfd):
    was = sides_of(at_work / "run")
    add(at_work)
    result = evaluated(at_work)
    out, err = capfd.readouterr()
    now = sides_of(at_work / "eval")
    trained = [image for image in now if was.get(image) == "train"]
    assert 3 < len(trained) < len(now)
    assert f"test images that trained: {len(trained)} of {len(now)} ({', '.join(trained[:3])} and " in err
    assert result.counts["test_trained"] == len(trained)
    assert result.data_digest.keys() == {"test"}
    rows = {line.split("  ")[0]: line.split() for line in out.splitlines()}
    assert rows["test images that trained"][-1] == str(len(trained))
    assert "accuracy without images that trained" in rows
    low, high = result.intervals["test/accuracy_no_trained_images"]
    assert low <= result.metrics["test/accuracy_no_trained_images"] <= high


def test_renamed_files_and_another_protocol_do_not_hide_them(at_work, capfd):
    was = sides_of(at_work / "run")
    for number, path in enumerate(sorted((at_work / "data").rglob("*.png"))):
        path.rename(path.with_name(f"renamed{number}.png"))
    result = evaluated(at_work, "data.protocol=test_only")
    trained = sum(side == "train" for side in was.values())
    assert result.counts["test_trained"] == trained
    assert f"test images that trained: {trained} of {len(was)} (" in capfd.readouterr().err


def test_where_none_trained_that_is_said_and_no_accuracy_added(at_work, capfd):
    result = evaluated(at_work)
    assert result.counts["test_trained"] == 0
    assert "test/accuracy_no_trained_images" not in result.metrics
    assert f"test images that trained: 0 of {result.counts['test']}\n" in capfd.readouterr().err


def test_a_checkpoint_from_before_digests_is_tested_and_does_not_know(at_work, capfd):
    path = at_work / "run" / "checkpoints" / "best.ckpt"
    saved = torch.load(path, weights_only=True)
    del saved["trained_images"]
    torch.save(saved, path)
    result = evaluated(at_work)
    assert "test_trained" not in result.counts
    assert capfd.readouterr().err.count("written before digests were kept") == 1


@pytest.mark.slow
def test_what_trained_the_weights_that_a_run_starts_from_has_trained_it(at_work, tmp_path):
    first = at_work / "run" / "checkpoints" / "best.ckpt"
    words = [*DATA, f"data.faces.dir={at_work}/data", "data.split_seed=1", "debug=fast", "logger=none"]
    assert call(train.main, *words, f"init_from={first}", f"hydra.run.dir={tmp_path}/second") == 0
    saved = [torch.load(path, weights_only=True)["trained_images"] for path in (first, *tmp_path.glob("second/*/b*"))]
    assert set(saved[0].tolist()) < set(saved[1].tolist())
    assert call(train.main, f"resume={tmp_path}/second", "trainer.max_epochs=2") == 0
    resumed = torch.load(tmp_path / "second" / "checkpoints" / "last.ckpt", weights_only=True)["trained_images"]
    assert torch.equal(resumed, saved[1])
