from __future__ import annotations

import json
import shlex

from fer_lightning.results.report.collect import collect


def test_a_run_brings_its_settings_and_the_command_that_made_it(tmp_path, make_result):
    words = ["model=resnet", "data.faces.dir=/my data/x", "optimizer.lr=1e-2"]
    make_result(tmp_path / "a", choices={"model": "resnet"}, overrides=words)
    (run,) = collect([tmp_path]).runs
    assert run.folder == tmp_path / "a"
    assert run.sweep is None
    assert run.settings["model"] == "resnet"
    assert run.settings["loss"] == "l1"
    assert run.settings["optimizer.lr"] == "0.01"
    assert shlex.split(run.command) == ["fer-train", *words]


def test_a_run_of_a_checkpoint_is_repeated_by_fer_eval(tmp_path, make_result):
    make_result(tmp_path / "a", config={"ckpt": "best.ckpt"}, overrides=["ckpt=best.ckpt", "data=jaffe"])
    make_result(tmp_path / "b", config={"ckpt": None})
    assert [run.command for run in collect([tmp_path]).runs] == ["fer-eval ckpt=best.ckpt data=jaffe", "fer-train"]


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
    found = collect([tmp_path])
    assert [(run.folder.name, run.sweep) for run in found.runs] == [("loss=l1", "by_loss")]
    assert [(lost.name, lost.state) for lost in found.lost] == [
        ("loss=l2", "failed"),
        ("loss=focal", "planned"),
        ("loss=smoothed", "running"),
        ("loss=weighted", "failed"),
    ]
    l2, focal, _, weighted = found.lost
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
    found = collect([tmp_path])
    assert len(found.runs) == 1
    assert {(lost.name, lost.state, lost.sweep) for lost in found.lost} == {
        ("loss=l2", "failed", "s"),
        ("alone", "failed", None),
    }
    assert sorted(str(record.getMessage()).count("result.json") for record in caplog.records) == [1, 1]
    assert all("is no whole JSON file" in lost.reason for lost in found.lost)


def test_a_sweep_that_has_not_begun_all_its_jobs_is_noted(tmp_path, make_result, make_sweep):
    sweep = make_sweep(tmp_path / "optuna", {"optimizer.lr=0.1": {}}, total=20)
    make_result(sweep / "optimizer.lr=0.1")
    assert collect([tmp_path]).notes == ("The sweep optuna has yet to begin 19 of its 20 jobs.",)
    make_sweep(tmp_path / "optuna", {"optimizer.lr=0.1": {}}, total=None)
    assert collect([tmp_path]).notes == ()


def test_commands_of_a_sweep_that_was_moved_lead_to_where_it_is(tmp_path, make_sweep):
    again = f'fer-train loss=l1 hydra.run.dir="{tmp_path}/before/loss=l1" hydra.mode=RUN'
    sweep = make_sweep(tmp_path / "before", {"loss=l1": {"state": "failed", "command": again}})
    content = json.loads((sweep / "sweep.json").read_text())
    (sweep / "sweep.json").write_text(json.dumps({**content, "dir": str(sweep)}))
    sweep.rename(tmp_path / "after")
    (lost,) = collect([tmp_path / "after"]).lost
    assert lost.command == f'fer-train loss=l1 hydra.run.dir="{tmp_path}/after/loss=l1" hydra.mode=RUN'
