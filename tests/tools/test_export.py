"""What is kept of a sweep is its results: readable, the same experiments, and silent about the machine."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_results import make_result, make_sweep

from fer_lightning.errors import FerError
from fer_lightning.results.report.build import make_report
from fer_lightning.results.report.learning_curves import curves_of
from fer_lightning.results.result import config_hash, read
from tools.export import export_results

ROOTS = {"data_dir": "/srv/me/data", "log_dir": "/srv/me/logs", "cache_dir": "/srv/me/data/cache"}


def one(folder, config, **fields):
    make_result(folder / "job", config=config, **fields)
    (place,) = export_results([folder / "job"], folder / "kept")
    return read(place)


def test_the_finished_jobs_of_a_sweep_and_nothing_else_of_them(tmp_path):
    sweep = make_sweep(tmp_path / "s", {"loss=l1": {}, "loss=l2": {}, "loss=l3": {"state": "failed"}})
    for loss, accuracy in (("l1", 0.6), ("l2", 0.7)):
        make_result(sweep / f"loss={loss}", accuracy=accuracy, choices={"loss": loss})
        (sweep / f"loss={loss}" / "train.log").write_text("x")
    make_result(sweep / "loss=l1.0123", accuracy=0.1)  # set aside by the sweep
    into = tmp_path / "docs" / "results" / "s"
    assert sorted(export_results([sweep], into)) == [into / "loss=l1", into / "loss=l2"]
    assert sorted(path.name for path in into.rglob("*")) == ["loss=l1", "loss=l2", "result.json", "result.json"]
    kept, run = make_report([into]), make_report([sweep])
    assert [(row.name, row.score) for row in kept.rows] == [(row.name, row.score) for row in run.rows][:2]


def test_keeping_again_leaves_no_job_of_before_and_no_other_file_is_touched(tmp_path):
    make_result(tmp_path / "runs" / "a")
    into = tmp_path / "kept"
    make_result(into / "old" / "deep")
    (into / "README.md").write_text("mine")
    export_results([tmp_path / "runs"], into)
    assert sorted(path.relative_to(into).as_posix() for path in into.rglob("*")) == ["README.md", "a", "a/result.json"]


def test_jobs_of_several_folders_stand_below_the_names_of_these(tmp_path):
    for model in ("cnn", "stn"):
        make_result(tmp_path / model / "0")
    into = tmp_path / "kept"
    assert export_results([tmp_path / "cnn", tmp_path / "stn"], into) == [into / "cnn" / "0", into / "stn" / "0"]


def test_roots_become_their_names_and_the_experiment_keeps_its_hash(tmp_path):
    config = {
        **{f"paths.{name}": root for name, root in ROOTS.items()},
        "data.faces.file": "/srv/me/data/fer2013/fer2013.csv",
        "data.cache": "/srv/me/data/cache/x",
        "data.labels": ["/srv/me/data/a.csv", "/srv/me/database/b.csv"],
        "ckpt": "/srv/me/logs/runs/a=1,b=2/checkpoints/best.ckpt",
    }
    kept = one(tmp_path, config, overrides=["ckpt='/srv/me/logs/runs/x/best.ckpt'", "data=fer2013", "lr=1e-3/2"])
    assert kept.config["paths"] == {name: f"<{name}>" for name in ROOTS}
    assert kept.config["data"]["faces"]["file"] == "<data_dir>/fer2013/fer2013.csv"
    assert kept.config["data"]["cache"] == "<cache_dir>/x"
    assert kept.config["data"]["labels"] == ["<data_dir>/a.csv", "<elsewhere>/me/database/b.csv"]
    assert kept.config["ckpt"] == "<log_dir>/runs/a=1,b=2/checkpoints/best.ckpt"
    assert kept.overrides == ["ckpt='<log_dir>/runs/x/best.ckpt'", "data=fer2013", "lr=1e-3/2"]


def test_a_config_without_paths_outside_of_its_roots_has_the_hash_of_the_run(tmp_path):
    config = {"paths.data_dir": "/srv/me/data", "data.csv": "/srv/me/data/a.csv", "init_from": "/srv/me/data/w.ckpt"}
    kept = one(tmp_path, config)
    before = read(tmp_path / "job").config
    assert config_hash(kept.config) == config_hash(before)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{cwd}/logs/a/best.ckpt", "./logs/a/best.ckpt"),
        ("{home}/faces", "~/faces"),
        ("/scratch/me/sweep/job/checkpoints/best.ckpt", "<elsewhere>/job/checkpoints/best.ckpt"),
        ("x=[/scratch/me,'/mnt/a/b/c/d.csv']", "x=[<elsewhere>/me,'<elsewhere>/b/c/d.csv']"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("data/fer2013", "data/fer2013"),
        ("~/.cache/fer", "~/.cache/fer"),
        ("1/2", "1/2"),
    ],
)
def test_any_other_path_from_the_root_is_shortened_and_other_texts_stay(tmp_path, monkeypatch, text, wanted):
    monkeypatch.setenv("HOME", "/home/somebody")
    monkeypatch.chdir("/usr")
    config = {"some.key": text.format(cwd=Path.cwd(), home=Path.home())}
    assert one(tmp_path, config).config["some"]["key"] == wanted


def test_files_that_are_not_beside_it_are_not_named(tmp_path):
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "a.csv").write_text("x")
    assert one(tmp_path, {}, files={"metrics": "a.csv"}).files == {}


METRICS = (
    "epoch,step,lr,test/accuracy,train/accuracy,train/recall/sad,val/accuracy\n"
    "0,4,,,,,0.123456789\n0,4,0.001,,0.5,0.25,\n1,5,,,,,0.6\n1,5,,0.7,,,\n"
)


def leave_curves(folder, text=METRICS):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "metrics.csv").write_text(text)
    return make_result(folder, files={"metrics": "metrics.csv"})


def test_what_curves_need_is_kept_beside_the_result_without_recalls_and_test_and_in_six_digits(tmp_path):
    run, into = leave_curves(tmp_path / "runs" / "a"), tmp_path / "kept"
    (place,) = export_results([run.parent], into)
    assert (place / "metrics.csv").read_text() == (
        "epoch,step,lr,train/accuracy,val/accuracy\n0,4,,,0.123457\n0,4,0.001,0.5,\n1,5,,,0.6\n"
    )
    assert read(place).files == {"metrics": "metrics.csv"}
    curves = curves_of(make_report([into], curve="val/accuracy", over="iterations"))
    assert curves.bundles[0].curves == [([1], [0.123457], [5])]


def test_what_is_kept_can_be_kept_anew_and_goes_with_its_result(tmp_path):
    leave_curves(tmp_path / "runs" / "a")
    into = tmp_path / "kept"
    export_results([tmp_path / "runs"], into)
    before = {path: path.read_bytes() for path in into.rglob("*.*")}
    export_results([into], into)
    assert {path: path.read_bytes() for path in into.rglob("*.*")} == before
    make_result(tmp_path / "others" / "b")
    export_results([tmp_path / "others"], into)
    assert sorted(path.relative_to(into).as_posix() for path in into.rglob("*")) == ["b", "b/result.json"]


def test_figures_that_cannot_be_read_are_told_and_the_result_is_kept_without_them(tmp_path, caplog):
    leave_curves(tmp_path / "runs" / "a", "epoch,step,train/accuracy\n0,4,much\n")
    (place,) = export_results([tmp_path / "runs"], tmp_path / "kept")
    assert f"{tmp_path / 'runs' / 'a' / 'metrics.csv'} is no table of epochs" in caplog.text
    assert [path.name for path in place.iterdir()] == ["result.json"]
    assert read(place).files == {}


def test_nothing_to_keep_is_told_and_leaves_what_is_there(tmp_path):
    make_result(tmp_path / "kept" / "a")
    (tmp_path / "empty").mkdir()
    for folder, message in ((tmp_path / "empty", "no finished run"), (tmp_path / "none", "is no folder")):
        with pytest.raises(FerError, match=message):
            export_results([folder], tmp_path / "kept")
    assert (tmp_path / "kept" / "a" / "result.json").is_file()
