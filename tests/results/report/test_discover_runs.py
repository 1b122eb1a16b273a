from __future__ import annotations

import json
import re
import shlex
import shutil

import numpy as np
import pytest
from answered import predictions
from made_results import make_result

from fer_lightning.results.report.discover_runs import discover_runs


def test_a_run_brings_its_settings_and_the_command_that_made_it(tmp_path, make_result):
    words = ["model=resnet", "data.faces.dir=/my data/x", "optimizer.lr=1e-2"]
    make_result(tmp_path / "a", choices={"model": "resnet"}, overrides=words)
    (run,) = discover_runs([tmp_path]).runs
    assert run.folder == tmp_path / "a"
    assert run.sweep is None
    assert run.settings["model"] == "resnet"
    assert run.settings["loss"] == "l1"
    assert run.settings["optimizer.lr"] == "0.01"
    assert shlex.split(run.command) == ["fer-train", *words]


def test_a_run_of_a_checkpoint_is_repeated_by_fer_eval(tmp_path, make_result):
    make_result(tmp_path / "a", config={"ckpt": "best.ckpt"}, overrides=["ckpt=best.ckpt", "data=jaffe"])
    make_result(tmp_path / "b", config={"ckpt": None})
    runs = discover_runs([tmp_path]).runs
    assert [run.command for run in runs] == [
        "fer-eval ckpt=best.ckpt data=jaffe",
        "fer-train",
    ]


def test_jobs_without_a_result_are_lost_whatever_their_state_says(tmp_path, make_result, make_sweep):
    again = "fer-train loss=l2 hydra.mode=RUN"
    jobs = {
        "loss=l1": {"state": "failed"},
        "loss=l2": {"state": "failed", "error": "a\nNaN\nexit code 1", "command": again},
        "loss=focal": {"state": "planned"},
        "loss=smoothed": {"state": "running"},
        "loss=weighted": {"state": "done"},
    }
    sweep = make_sweep(tmp_path / "by_loss", jobs)
    make_result(sweep / "loss=l1")
    found = discover_runs([tmp_path])
    assert [(run.folder.name, run.sweep) for run in found.runs] == [("loss=l1", "by_loss")]
    assert [(lost.name, lost.state) for lost in found.missing_jobs] == [
        ("loss=l2", "failed"),
        ("loss=focal", "planned"),
        ("loss=smoothed", "running"),
        ("loss=weighted", "failed"),
    ]
    l2, focal, _, weighted = found.missing_jobs
    assert (l2.command, l2.reason, l2.sweep) == (again, "a\nNaN\nexit code 1", "by_loss")
    assert (focal.command, focal.settings, focal.folder) == (
        "fer-train loss=focal",
        {"loss": "focal"},
        sweep / "loss=focal",
    )
    assert weighted.reason == "sweep.json says done, but its result.json is gone"


def test_a_broken_result_is_one_warning_and_counts_as_failed(tmp_path, make_result, make_sweep, caplog):
    sweep = make_sweep(tmp_path / "s", {"loss=l1": {}, "loss=l2": {}})
    make_result(sweep / "loss=l1")
    make_result(sweep / "loss=l2")
    make_result(tmp_path / "alone")
    for broken in (sweep / "loss=l2", tmp_path / "alone"):
        (broken / "result.json").write_text("{")
    found = discover_runs([tmp_path])
    assert len(found.runs) == 1
    assert {(lost.name, lost.state, lost.sweep) for lost in found.missing_jobs} == {
        ("loss=l2", "failed", "s"),
        ("alone", "failed", None),
    }
    assert sorted(str(record.getMessage()).count("result.json") for record in caplog.records) == [1, 1]
    assert all("is no whole JSON file" in lost.reason for lost in found.missing_jobs)


def test_a_sweep_that_has_not_begun_all_its_jobs_is_noted(tmp_path, make_result, make_sweep):
    sweep = make_sweep(tmp_path / "optuna", {"optimizer.lr=0.1": {}}, total=20)
    make_result(sweep / "optimizer.lr=0.1")
    assert discover_runs([tmp_path]).notes == ("The sweep optuna has yet to begin 19 of its 20 jobs.",)
    make_sweep(tmp_path / "optuna", {"optimizer.lr=0.1": {}}, total=None)
    assert discover_runs([tmp_path]).notes == ()


def test_commands_of_a_sweep_that_was_moved_lead_to_where_it_is(tmp_path, make_sweep):
    again = f'fer-train loss=l1 hydra.run.dir="{tmp_path}/before/loss=l1" hydra.mode=RUN'
    sweep = make_sweep(tmp_path / "before", {"loss=l1": {"state": "failed", "command": again}})
    content = json.loads((sweep / "sweep.json").read_text())
    (sweep / "sweep.json").write_text(json.dumps({**content, "dir": str(sweep)}))
    sweep.rename(tmp_path / "after")
    (lost,) = discover_runs([tmp_path / "after"]).missing_jobs
    assert lost.command == f'fer-train loss=l1 hydra.run.dir="{tmp_path}/after/loss=l1" hydra.mode=RUN'


def rewrite(folder, **fields):
    """Replaces fields of a result, as an editor would."""
    path = folder / "result.json"
    content = json.loads(path.read_text())
    for name, value in fields.items():
        content[name] = {**content[name], **value} if isinstance(value, dict) else value
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"metrics": {"test/accuracy": 7.3}}, "test/accuracy is 7.3, and fractions lie in 0..1"),
        ({"metrics": {"test/accuracy": -0.1}}, "test/accuracy is -0.1, and fractions lie in 0..1"),
        ({"metrics": {"val/recall/sad": 1.01}}, "val/recall/sad is 1.01, and fractions lie in 0..1"),
        ({"metrics": {"test/accuracy": 0.76}}, "test/accuracy is 0.76, and 0.75 by the confusion matrix"),
        ({"metrics": {"test/macro_f1": 0.9}}, "test/macro_f1 is 0.9, and 0.744246 by the confusion matrix"),
        ({"metrics": {"test/recall/happy": 0.5}}, "test/recall/happy is 0.5, and 0.75 by the confusion matrix"),
        ({"confusion_matrix": [[30, 10], [14, 46]]}, "test/accuracy is 0.75, and 0.76 by the confusion matrix"),
        ({"confusion_matrix": [[30, -10], [15, 45]]}, "the confusion matrix has a negative count"),
        ({"counts": {"test": 90}}, "the confusion matrix has 100 images, and counts says that 90 were tested"),
        ({"counts": {"train": -1}}, "counts has -1 images in train"),
        (
            {"intervals": {"test/accuracy": [0.7]}},
            r"the interval of test/accuracy is \[0.7\], and not a low and a high",
        ),
        ({"intervals": {"test/accuracy": [0.8, 0.7]}}, "and not a low and a high end"),
        ({"intervals": {"test/accuracy": [65.7, 82.5]}}, "and fractions lie in 0..1"),
    ],
)
def test_a_result_that_contradicts_itself_is_one_warning_and_counts_as_failed(
    tmp_path, make_result, make_sweep, caplog, fields, says
):
    sweep = make_sweep(tmp_path / "s", {"loss=l1": {}})
    for folder in (tmp_path / "whole", tmp_path / "alone", sweep / "loss=l1"):
        make_result(folder, overrides=["loss=l1"])
    for folder in (tmp_path / "alone", sweep / "loss=l1"):
        rewrite(folder, **fields)
    found = discover_runs([tmp_path])
    assert [run.folder.name for run in found.runs] == ["whole"]
    assert [(lost.name, lost.state, lost.settings["loss"]) for lost in found.missing_jobs] == [
        ("alone", "failed", "l1"),
        ("loss=l1", "failed", "l1"),
    ]
    assert len(caplog.records) == 2
    assert [lost.command for lost in found.missing_jobs] == ["fer-train loss=l1"] * 2
    for record, lost in zip(caplog.records, found.missing_jobs, strict=True):
        assert re.search(f"{lost.folder.name}/result.json contradicts itself: .*{says}", record.getMessage())
        assert re.search(says, lost.reason)


def test_a_part_of_the_test_images_and_metrics_without_a_matrix_are_no_contradiction(tmp_path, make_result):
    make_result(tmp_path / "limited", counts={"train": 300, "val": 100, "test": 5000})
    make_result(tmp_path / "enlarged", metrics={"test/psnr": 31.2, "test/loss": 7.5})
    rewrite(tmp_path / "enlarged", confusion_matrix=[[0, 0], [0, 0]])
    assert len(discover_runs([tmp_path]).runs) == 2


def test_predictions_of_another_run_are_left_out_and_named(tmp_path, caplog):
    for place, right in enumerate((150, 180, 190)):
        given = predictions(np.arange(200) < right)
        make_result(tmp_path / f"run{place}", seed=place, accuracy=right / 200, predictions=given)
    shutil.copy(tmp_path / "run1" / "predictions.parquet", tmp_path / "run0" / "predictions.parquet")
    found = discover_runs([tmp_path])
    assert [run.file("predictions") is None for run in found.runs] == [True, False, False]
    (note,) = found.notes
    assert note.endswith(f"another run's): {tmp_path / 'run0' / 'predictions.parquet'}.")
    (record,) = caplog.records
    assert f"{tmp_path / 'run0' / 'predictions.parquet'} is not the file that the run wrote" in record.getMessage()


def test_predictions_of_a_result_without_digests_and_predictions_that_are_gone_are_no_mistake(tmp_path):
    make_result(tmp_path / "old", accuracy=0.5, predictions=predictions(np.arange(200) < 100))
    make_result(tmp_path / "gone", seed=1, accuracy=0.5, predictions=predictions(np.arange(200) < 100))
    content = json.loads((tmp_path / "old" / "result.json").read_text())
    del content["file_digests"]
    (tmp_path / "old" / "result.json").write_text(json.dumps(content))
    (tmp_path / "gone" / "predictions.parquet").unlink()
    found = discover_runs([tmp_path])
    assert (len(found.runs), found.notes) == (2, ())
    assert {run.folder.name: run.file("predictions") is None for run in found.runs} == {"old": False, "gone": True}
