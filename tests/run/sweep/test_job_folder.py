"""A job's folder: taken up again, moved aside, or begun."""

from __future__ import annotations

import json

import pytest

from fer_lightning.results.result import config_hash
from fer_lightning.run.artifacts.archive_previous import read_result_hash
from fer_lightning.run.sweep.job_folder import archive_stale, read_value

BEFORE, NOW = {"seed": 0}, {"seed": 1}


def begun(folder, config, last=True):
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "job.json").write_text(json.dumps({"config": config}))
    if last:
        (folder / "checkpoints" / "last.ckpt").write_bytes(b"weights")
    return folder


def finished(folder, config, **content):
    begun(folder, config)
    (folder / "result.json").write_text(json.dumps({"config": config, **content}))
    return folder


def test_a_job_that_nobody_began_gets_its_folder(tmp_path):
    assert archive_stale(tmp_path / "job", config_hash(NOW)) is False
    assert (tmp_path / "job").is_dir()
    assert archive_stale(tmp_path / "job", config_hash(NOW)) is False  # killed before it wrote anything


def test_the_same_config_with_last_ckpt_goes_on(tmp_path):
    folder = begun(tmp_path / "job", NOW)
    assert archive_stale(folder, config_hash(NOW)) is True
    assert (folder / "checkpoints" / "last.ckpt").exists()
    assert list(tmp_path.iterdir()) == [folder]


def test_the_same_config_without_last_ckpt_begins_anew_in_place(tmp_path):
    folder = begun(tmp_path / "job", NOW, last=False)
    assert archive_stale(folder, config_hash(NOW)) is False
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize("was", [begun, finished])
def test_another_config_moves_aside_whole(tmp_path, was):
    folder = was(tmp_path / "job", BEFORE)
    held = {path.name for path in folder.iterdir()}
    assert archive_stale(folder, config_hash(NOW)) is False
    assert list(folder.iterdir()) == []
    aside = tmp_path / f"job.{config_hash(BEFORE)}"
    assert {path.name for path in aside.iterdir()} == held


def test_two_with_one_config_are_both_kept_aside(tmp_path):
    for n in (1, 2):
        folder = tmp_path / "job"
        if folder.exists():
            folder.rmdir()
        finished(folder, BEFORE, n=n)
        archive_stale(folder, config_hash(NOW))
    aside = tmp_path / f"job.{config_hash(BEFORE)}"
    kept = {path: json.loads((path / "result.json").read_text())["n"] for path in tmp_path.glob("job.*")}
    assert kept == {aside: 1, aside.with_name(f"{aside.name}.2"): 2}


def test_the_hash_of_the_result_counts_before_that_of_the_job(tmp_path):
    folder = finished(tmp_path / "job", BEFORE)
    (folder / "job.json").write_text(json.dumps({"config": NOW}))
    archive_stale(folder, config_hash(NOW))
    assert (tmp_path / f"job.{config_hash(BEFORE)}").is_dir()


def test_a_config_that_cannot_be_resolved_is_no_reason_to_keep_what_lies_there(tmp_path):
    folder = finished(tmp_path / "job", BEFORE)
    assert archive_stale(folder, None) is False
    assert (tmp_path / f"job.{config_hash(BEFORE)}").is_dir()
    assert archive_stale(tmp_path / "empty", None) is False


@pytest.mark.parametrize("broken", ["", '{"config_hash": ', "[]", "null", "{}"])
def test_a_broken_result_is_none(tmp_path, broken):
    folder = tmp_path / "job"
    folder.mkdir()
    (folder / "result.json").write_text(broken)
    assert read_result_hash(folder) is None
    assert read_value(folder, "val/accuracy") is None
    assert archive_stale(folder, config_hash(NOW)) is False


def test_the_value_is_the_metric_that_the_sweep_watches(tmp_path):
    folder = finished(tmp_path / "job", NOW, metrics={"val/accuracy": 0.5, "val/loss": None, "val/ece": 0})
    assert read_value(folder, "val/accuracy") == 0.5
    assert read_value(folder, "val/ece") == 0.0
    assert read_value(folder, "val/loss") is None
    assert read_value(folder, "val/unknown") is None
    assert read_result_hash(folder) == config_hash(NOW)
