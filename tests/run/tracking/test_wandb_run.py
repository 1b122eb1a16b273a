"""Covers run/tracking/wandb_run.py, wandb_logger.py and conf/logger/wandb.yaml: an offline run, read back."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
import wandb
from pytorch_lightning.loggers import WandbLogger
from support import TINY
from wandb.sdk import wandb_setup

from fer_lightning.errors import FerError
from fer_lightning.run import train as training
from fer_lightning.run.build import make
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.tracking import trackers
from fer_lightning.run.train import train

LOGGERS = ["logger=[wandb,tensorboard]", "logger.wandb.tags=[mine]", "logger.wandb.group=folds"]


@cache  # half a second each
def read_back(folder: Path, *options: str) -> str:
    """What W&B's own tool finds in the one run below the folder, which has ended."""
    (run,) = (folder / "wandb").glob("offline-run-*")
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", *options, str(run)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def summed_up(folder: Path) -> dict:
    return json.loads(read_back(folder, "--summary"))


def records(folder: Path, kind: str) -> list[dict]:
    lines = map(json.loads, read_back(folder).splitlines())
    return [line[kind] for line in lines if line["type"] == kind]


def table(folder: Path, name: str) -> dict:
    (file,) = folder.glob(f"wandb/offline-run-*/files/media/table/tables/{name}_*.table.json")
    return json.loads(file.read_text())


@pytest.fixture(scope="module", autouse=True)
def own_places(tmp_path_factory):
    """W&B stages artifacts in the user's home otherwise."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_ARTIFACT_DIR"):
            patch.setenv(name, str(tmp_path_factory.mktemp("wandb")))
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a run with the optimiser's rate so high that its best epoch is not its last, and its result."""
    folder = tmp_path_factory.mktemp("runs") / "three_epochs"
    options = [*TINY, *LOGGERS, "trainer.max_epochs=3", "optimizer.lr=0.03", "seed=3"]
    return folder, train(compose_job(options, folder))


@pytest.fixture
def started(tmp_path):
    """A run's job and its W&B logger, which has begun."""
    job = compose_job(["logger=wandb"], tmp_path)
    logger = make("logger.wandb", job.config["logger"]["wandb"])
    trackers.begin([logger], job, job.config["data"]["class_names"])
    yield job, logger
    trackers.close([logger], failed=False)


def test_the_run_is_named_grouped_and_tagged(finished):
    folder, _ = finished
    run = records(folder, "run")[-1]
    assert run["display_name"] == "three_epochs"
    assert (run["project"], run["run_group"], run["job_type"]) == ("fer_lightning", "folds", "train")
    expected = ["mine", "data:synthetic", "model:cnn", "loss:cross_entropy", "fold:0", "seed:3"]
    assert run["tags"] == expected


def test_the_whole_config_is_there(finished):
    folder, result = finished
    config = summed_up(folder)["config"]
    assert {key: config.get(key, {}) for key in result.config} == result.config  # W&B leaves an empty map out
    assert config["choices"] == result.choices
    assert config["overrides"] == result.overrides
    assert config["config_hash"] == result.config_hash
    assert config["class_names"] == result.class_names
    assert config["code"]["version"] == result.versions["fer_lightning"]


def test_the_history_is_that_of_metrics_csv(finished):
    folder, _ = finished
    with (folder / "metrics.csv").open() as stream:
        rows = [{name: float(v) for name, v in row.items() if v} for row in csv.DictReader(stream)]
    history = [row["item"] for row in records(folder, "history")]
    for name in ("val/accuracy", "val/loss", "train/loss", "train/macro_f1", "test/accuracy", "val/recall/happy"):
        ours = np.array([(row["epoch"], row[name]) for row in rows if name in row])
        theirs = np.array([(item["epoch"], item[name]) for item in history if name in item])
        np.testing.assert_allclose(theirs, ours, rtol=1e-6, err_msg=name)
        assert len(ours) == (1 if name.startswith("test/") else 4 if name.startswith("val/") else 3)


def test_the_summary_keeps_each_curves_best_and_the_final_metrics(finished):
    folder, result = finished
    summary = summed_up(folder)["summary"]
    with (folder / "metrics.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    for name, kept, pick in (
        ("val/loss", "min", min),
        ("val/ece", "min", min),
        ("val/accuracy", "max", max),
        ("train/loss", "min", min),
        ("train/accuracy", "max", max),
    ):
        assert summary[name] == {kept: pytest.approx(pick(float(row[name]) for row in rows if row[name]), rel=1e-6)}
    for name, value in result.metrics.items():
        assert summary[name if name.startswith("test/") else f"best/{name}"] == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize(("monitor", "mode"), [("val/macro_f1", "min"), ("val/loss", "min"), ("val/ece", "max")])
def test_the_monitored_metric_is_summed_up_by_its_mode(started, monkeypatch, monitor, mode):
    job, logger = started
    job.config.update(monitor=monitor, mode=mode)
    defined = {}
    monkeypatch.setattr(
        logger.experiment, "define_metric", lambda name, step_metric, summary: defined.update({name: summary})
    )
    trackers.begin([logger], job, ["happy"])
    expected = {"val/macro_f1": "max", "val/loss": "min", "val/ece": "min", "val/recall/happy": None} | {monitor: mode}
    assert {name: defined[name] for name in expected} == expected


def test_curves_are_drawn_by_epoch(finished):
    folder, result = finished
    axes = {metric["name"]: metric["step_metric"] for metric in records(folder, "metric") if "step_metric" in metric
            and "name" in metric}  # fmt: skip
    assert set(axes.values()) == {"epoch"}
    logged = {name for row in records(folder, "history") for name in row["item"]}
    assert {name for name in logged if name.startswith(("train/", "val/"))} == set(axes)
    assert {f"train/recall/{name}" for name in result.class_names} <= set(axes)


def test_the_tables_hold_every_count_and_recall(finished):
    folder, result = finished
    confusion, recall = table(folder, "confusion_matrix"), table(folder, "recall")
    names = result.class_names
    assert confusion["columns"] == ["true", "predicted", "images"]
    assert [cell[:2] for cell in confusion["data"]] == [[true, predicted] for true in names for predicted in names]
    counts = [images for *_, images in confusion["data"]]
    assert counts == [images for row in result.confusion_matrix for images in row]
    assert sum(counts) == result.counts["test"]
    assert [row[0] for row in recall["data"]] == names
    assert [row[1] for row in recall["data"]] == [sum(row) for row in result.confusion_matrix]
    assert [row[2] for row in recall["data"]] == pytest.approx([result.metrics[f"test/recall/{n}"] for n in names])


def test_every_figure_is_there(finished):
    folder, result = finished
    drawn = {Path(path).stem for path in result.files.values() if path.endswith(".png")}
    assert {"confusion_matrix", "faces"} <= drawn
    (files,) = folder.glob("wandb/offline-run-*/files")
    summary = summed_up(folder)["summary"]
    for name in drawn:
        kept = files / summary["figures/" + name]["path"]
        assert kept.read_bytes() == (folder / f"{name}.png").read_bytes()


def test_the_best_checkpoint_is_an_artifact_that_says_what_it_is(finished):
    folder, result = finished
    (artifact,) = [record for record in records(folder, "artifact") if record["type"] == "model"]
    best = folder / "checkpoints" / "best.ckpt"
    assert "best" in artifact["aliases"]
    (entry,) = artifact["manifest"]["contents"]
    assert (entry["local_path"], entry["path"], int(entry["size"])) == (str(best), "best.ckpt", best.stat().st_size)
    about = json.loads(artifact["metadata"])
    assert about["epoch"] == torch.load(best, weights_only=True)["epoch"]
    assert (about["monitor"], about["mode"], about["value"]) == ("val/accuracy", "max", result.metrics["val/accuracy"])
    assert about["config_hash"] == result.config_hash
    assert about["class_names"] == result.class_names
    assert about["choices"] == result.choices
    assert about["metrics"]["test/accuracy"] == result.metrics["test/accuracy"]


def test_a_run_ends_with_its_training(finished):
    folder, _ = finished
    assert summed_up(folder)["state"] == "finished"
    assert wandb.run is None


def test_after_an_error_the_run_has_failed_and_the_next_is_another(tmp_path, monkeypatch):
    def broken(*arguments):
        raise RuntimeError("in mid-training")

    with monkeypatch.context() as patch:
        patch.setattr(training, "fit", broken)
        with pytest.raises(RuntimeError, match="in mid-training"):
            train(compose_job([*TINY, "logger=wandb"], tmp_path / "first"))
    assert wandb.run is None
    job = compose_job(["logger=wandb"], tmp_path / "second")
    logger = make("logger.wandb", job.config["logger"]["wandb"])
    job.output_dir.mkdir()
    trackers.begin([logger], job, ["happy"])
    (line,) = trackers.close([logger], failed=False)
    failed, done = summed_up(tmp_path / "first"), summed_up(tmp_path / "second")
    assert (failed["state"], failed["exit_code"]) == ("failed", 1)
    assert (done["state"], done["exit_code"]) == ("finished", 0)
    assert failed["run_id"] != done["run_id"]
    assert line == f"W&B, offline: wandb sync {Path(done['file']).parent}"


def test_a_resumed_run_keeps_its_id(tmp_path, started):
    _, first = started
    kept = trackers.wandb_id([first])
    trackers.close([first], failed=False)
    config = trackers.continue_wandb_run(compose_job(["logger=wandb"], tmp_path / "again").config["logger"], kept)
    (tmp_path / "again").mkdir()
    logger = make("logger.wandb", config["wandb"])
    assert trackers.wandb_id([logger]) == kept
    assert logger.experiment.id == kept
    trackers.close([logger], failed=False)
    assert summed_up(tmp_path / "again")["run_id"] == kept
    assert records(tmp_path / "again", "run")[0]["resume"]


def test_offline_by_the_config_leaves_the_environment_alone(tmp_path, monkeypatch):
    monkeypatch.delenv("WANDB_MODE")
    monkeypatch.setattr(wandb_setup.singleton().settings, "mode", "online")
    config = compose_job(["logger=wandb", "logger.wandb.offline=true"], tmp_path).config["logger"]
    trackers.check_account(config)
    logger = make("logger.wandb", config["wandb"])
    assert logger.experiment.offline
    trackers.close([logger], failed=False)
    monkeypatch.undo()


def test_disabled_takes_everything_and_keeps_nothing(tmp_path, finished, monkeypatch):
    folder, result = finished
    monkeypatch.setattr(wandb_setup.singleton().settings, "mode", "disabled")
    job = compose_job(["logger=wandb"], tmp_path)
    trackers.check_account(job.config["logger"])
    logger = make("logger.wandb", job.config["logger"]["wandb"])
    trackers.begin([logger], job, result.class_names)
    trackers.publish([logger], job, result, folder)
    assert trackers.close([logger], failed=False) == []
    assert wandb.run is None
    assert list(tmp_path.iterdir()) == []


def test_losing_wandb_costs_no_training(started, monkeypatch, caplog, finished):
    job, logger = started
    folder, result = finished

    def lost(*arguments, **named):
        raise ConnectionResetError("Connection lost")

    monkeypatch.setattr(WandbLogger, "log_metrics", lost)
    logger.log_metrics({"val/accuracy": 0.5}, step=1)
    logger.log_metrics({"val/accuracy": 0.6}, step=2)
    monkeypatch.setattr(logger.experiment, "log", lost)
    trackers.publish([logger], job, result, folder)
    monkeypatch.setattr(logger.experiment, "finish", lost)
    (line,) = trackers.close([logger], failed=False)
    monkeypatch.undo()
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        "the connection to W&B is lost; this run continues without it (Connection lost)",
        f"W&B: not all of the result is there, but it is in {folder} (Connection lost)",
    ]
    assert line.startswith("W&B has not all of this run (Connection lost); later: wandb sync /")


def test_without_log_model_no_artifact_is_made(tmp_path, finished):
    folder, result = finished
    job = compose_job(["logger=wandb", "logger.wandb.log_model=false"], tmp_path)
    logger = make("logger.wandb", job.config["logger"]["wandb"])
    trackers.begin([logger], job, result.class_names)
    trackers.publish([logger], job, result, folder)
    trackers.close([logger], failed=False)
    assert {record["type"] for record in records(tmp_path, "artifact")} == {"run_table"}


def test_what_a_test_cannot_tell_is_left_open(tmp_path, finished):
    folder, result = finished
    counts = [[0] * 8, *result.confusion_matrix[1:]]
    metrics = {**result.metrics, "test/ece": float("nan"), f"test/recall/{result.class_names[0]}": None}
    job = compose_job(["logger=wandb"], tmp_path)
    logger = make("logger.wandb", job.config["logger"]["wandb"])
    trackers.begin([logger], job, result.class_names)
    trackers.publish([logger], job, replace(result, confusion_matrix=counts, metrics=metrics), folder)
    trackers.close([logger], failed=False)
    assert table(tmp_path, "recall")["data"][0] == [result.class_names[0], 0, None]
    summary = summed_up(tmp_path)["summary"]
    assert not {"test/ece", f"test/recall/{result.class_names[0]}"} & set(summary)
    assert summary["test/accuracy"] == pytest.approx(result.metrics["test/accuracy"])
    (artifact,) = [record for record in records(tmp_path, "artifact") if record["type"] == "model"]
    assert json.loads(artifact["metadata"])["metrics"]["test/ece"] is None


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("tags", f"[{'x' * 65}]", r"logger\.wandb\.tags: 'x+' has 65 characters, choose 1 to 64"),
        ("tags", "final", r"logger\.wandb\.tags=final: write a list, as in \[final\]"),
        ("id", "a/b", r"logger\.wandb: Run ID cannot contain the characters: .*/'$"),
    ],
)
def test_what_wandb_would_refuse_is_one_clear_error(tmp_path, key, value, message):
    job = compose_job(["logger=wandb", f"logger.wandb.{key}={value}"], tmp_path)
    with pytest.raises(FerError, match=message):
        trackers.begin([make("logger.wandb", job.config["logger"]["wandb"])], job, ["happy"])
    assert wandb.run is None


def test_a_run_that_never_began_needs_no_end(tmp_path):
    logger = make("logger.wandb", compose_job(["logger=wandb"], tmp_path).config["logger"]["wandb"])
    assert trackers.wandb_id([logger]) is None
    assert trackers.close([logger], failed=True) == []
    assert list(tmp_path.iterdir()) == []
