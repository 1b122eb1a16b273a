"""`fer-report` as a user types it."""

from __future__ import annotations

import re

import pytest
from made_results import make_result, make_sweep
from support import call

from fer_lightning.commands import report

PAGES = {"report.html", "report.md", "report.csv", "report.tex"}


@pytest.fixture
def sweep(tmp_path):
    jobs = {f"data.fold={fold},loss={loss}": {} for loss in ("l1", "l2") for fold in (0, 1)}
    lost = {"state": "failed", "error": "error: loss is NaN\nexit code 1", "command": "fer-train loss=l2 data.fold=1"}
    jobs["data.fold=1,loss=l2"] = lost
    folder = make_sweep(tmp_path / "a sweep = mine", jobs, sweep_name="by_loss")
    for name, accuracy in (("data.fold=0,loss=l1", 0.7), ("data.fold=1,loss=l1", 0.8), ("data.fold=0,loss=l2", 0.6)):
        fold, loss = name.removeprefix("data.fold=").split(",loss=")
        make_result(folder / name, fold=int(fold), accuracy=accuracy, choices={"loss": loss}, overrides=name.split(","))
    return folder


def test_the_table_is_printed_and_the_page_named_last(sweep, tmp_path, capfd):
    out = tmp_path / "out"
    assert call(report.main, sweep, f"hydra.run.dir={out}") == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "by_loss"
    assert re.split(r"\s{2,}", lines[2])[:2] == ["l1", "75.0 ± 7.1 (2)"]
    assert re.split(r"\s{2,}", lines[3])[:2] == ["l2", "60.0 (1)"]
    assert lines[3].endswith("1 failed")
    at = lines.index("missing: data.fold=1,loss=l2: error: loss is NaN (exit code 1)")
    assert lines[at + 1] == "  fer-train loss=l2 data.fold=1"
    assert lines[-1].split(maxsplit=1) == ["html", str(out / "report.html")]
    assert {path.name for path in out.iterdir()} == {*PAGES, ".hydra"}


def test_the_folder_is_named_by_the_clock_below_the_logs(sweep, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("FER_LOGS", str(tmp_path / "my logs"))
    assert call(report.main, sweep, "by=[loss]") == 0
    (made,) = (tmp_path / "my logs" / "reports").iterdir()
    assert {path.name for path in made.glob("report.*")} == PAGES


def test_a_list_of_paths_may_be_typed(sweep, tmp_path, capfd):
    one, two = sweep / "data.fold=0,loss=l1", sweep / "data.fold=0,loss=l2"
    assert call(report.main, f"paths=['{one}','{two}']", f"hydra.run.dir={tmp_path / 'out'}") == 0
    assert "70.0 (1)" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "no path: name what to report on"),
        (["/nowhere"], "/nowhere does not exist"),
        (
            ["SWEEP", "mertic=test/loss"],
            "mertic is no key of fer-report; choose among bars, by, curve, ensemble, metric, over, paths, "
            "save_targets, timing",
        ),
        (["SWEEP", "metric=test/acc"], "metric=test/acc: no run has it; choose among val/accuracy, test/accuracy"),
        (["SWEEP", "by=[modle]"], "by=modle: no run knows it; choose among data, model, loss"),
        (["SWEEP", "paths=[x]"], "give all paths as words"),
        (["SWEEP", "ensemble=perhaps"], "ensemble=perhaps: choose mean, true or false"),
        (["SWEEP", "hydra.run.dri=x"], "hydra.run.dri"),
    ],
)
def test_a_mistake_ends_in_one_clear_message(sweep, tmp_path, capfd, arguments, message):
    typed = [sweep if word == "SWEEP" else word for word in arguments]
    assert call(report.main, *typed, f"hydra.run.dir={tmp_path / 'out'}") == 1
    captured = capfd.readouterr()
    assert message in captured.err
    assert captured.err.count("error: ") == 1
    assert captured.out == ""
    assert not list((tmp_path / "out").glob("report.*[mvxl]"))


def test_a_broken_result_is_one_warning_and_the_rest_is_reported(sweep, tmp_path, capfd):
    broken = sweep / "data.fold=0,loss=l2" / "result.json"
    broken.write_text("{")
    assert call(report.main, sweep, f"hydra.run.dir={tmp_path / 'out'}") == 0
    captured = capfd.readouterr()
    assert captured.err.count(str(broken)) == 1
    assert "2 failed" in captured.out


def test_help_names_the_keys(capfd):
    assert call(report.main, "--help") == 0
    out = capfd.readouterr().out
    assert "fer-report PATH... [key=value ...]" in out
    assert re.search(r"^by {8}", out, re.M)
