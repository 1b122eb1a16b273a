"""What fer-report makes of its config, and its bare paths of its arguments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_results import make_result

from fer_lightning.errors import FerError
from fer_lightning.results.predictions import Predictions
from fer_lightning.run.config.command_flags import move_flags_first
from fer_lightning.run.config.compose import compose, make_job
from fer_lightning.run.config.override_grammar import quote
from fer_lightning.run.config.report_paths import collect_paths
from fer_lightning.run.report import WRITERS, report


def job(folder, *overrides):
    return make_job(compose(overrides, "report"), list(overrides), folder)


@pytest.fixture
def results(tmp_path):
    for number, loss in enumerate(("l1", "l2")):
        make_result(tmp_path / "logs" / loss, accuracy=0.7 + number / 10, choices={"loss": loss})
    return tmp_path / "logs"


def test_the_folder_holds_the_page_and_three_tables(results, tmp_path):
    out = tmp_path / "out"
    made = report(job(out, f"results=[{results}]"))
    assert [row.name for row in made.rows] == ["loss=l2", "loss=l1"]
    assert {path.name for path in out.iterdir()} == {"report.html", "report.md", "report.csv", "report.tex"}
    assert all("80.0" in (out / f"report.{kind}").read_text() for kind in ("html", "md", "tex"))
    assert list(WRITERS)[-1] == "report.html"


def test_every_key_is_heeded(results, tmp_path):
    asked = ["by=model", "metric=test/macro_f1", "title=Mine", "ensemble=false", "timing=true", "over=iterations"]
    made = report(job(tmp_path / "out", f"results={results}", *asked))
    assert (made.keys, made.metric, made.title) == (("model",), "test/macro_f1", "Mine")
    assert (made.timing, made.over, made.curve) == (True, "iterations", None)
    assert [(row.name, row.score.n) for row in made.rows] == [("model=cnn", 2)]


def test_soft_targets_are_written_beside_the_report_which_says_so_and_before_it(results, tmp_path):
    (run, *_) = results.iterdir()
    kept = Predictions(np.array(["a"]), np.array([0]), ("happy", "sad"), np.array([[0.75, 0.25]], dtype=np.float32))
    make_result(run, confusion_matrix=[[1, 0], [0, 0]], predictions=kept)
    asked = [f"results=[{run}]", "ensemble=mean", f"save_targets={tmp_path}/t.csv"]
    with pytest.raises(FerError, match=r"has no split\.csv"):
        report(job(tmp_path / "out", *asked))
    assert not (tmp_path / "out").exists()
    (run / "split.csv").write_text("image,side,label,digest\na,test,happy,0123456789abcdef\n")
    make_result(run, confusion_matrix=[[1, 0], [0, 0]], predictions=kept, files={"split": "split.csv"})
    made = report(job(tmp_path / "out", *asked))
    assert made.notes[-1].startswith("Soft targets of 1 images")
    assert (tmp_path / "t.csv").read_text().splitlines()[1] == "a,0123456789abcdef,0,1,0.75,0.25"


def test_a_writer_that_fails_leaves_the_whole_report_of_before(results, tmp_path, monkeypatch):
    report(job(tmp_path / "out", f"results=[{results}]", "bars=[data,loss]"))
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    asked = job(tmp_path / "out", f"results=[{results}]", "title=Other")

    def full(made, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setitem(WRITERS, "report.tex", full)
    with pytest.raises(OSError, match="No space"):
        report(asked)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    assert len(before) == len(WRITERS)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ([], "no path: name what to report on"),
        (["results=[/nowhere]"], "/nowhere does not exist"),
        (["results=['mertic=test/accuracy']"], "no such path, and mertic is no key.*did you mean metric"),
        (["results=[null]"], r"paths=\[None\]: give one text or a list of them"),
        (["results=[{}]", "metric=[test/accuracy]"], "metric=.*give the name of a metric"),
        (["results=[{}]", "by={{a: 1}}"], r"by=.*as in by=\[model,loss\]"),
        (["results=[{}]", "curve=[train/loss]"], "curve=.*give the name of a metric, as in curve=train/accuracy"),
        (["results=[{}]", "curve=train/loss"], "curve=train/loss: no run here kept its metrics.csv"),
        (["results=[{}]", "over=epoch"], "over=epoch: choose among epochs, iterations"),
        (["results=[{}]", "timing=1"], "timing=1: choose true or false"),
        (["results=[{}]", "ensemble=maybe"], "ensemble=maybe: choose mean, true or false"),
        (["results=[{}]", "metric=test/recal"], "metric=test/recal: no run has it"),
        (["results=[{}]", "by=[los]"], "by=los: no run knows it"),
    ],
)
def test_a_mistake_is_told_and_nothing_written(results, tmp_path, overrides, message):
    asked = job(tmp_path / "out", *(word.format(results) for word in overrides))
    with pytest.raises(FerError, match=message):
        report(asked)
    assert not (tmp_path / "out").exists()


def test_bare_words_become_the_list_of_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("by=a folder, with [signs]").mkdir()
    Path("data.fold=0,loss=l1").mkdir()
    typed = ["by=a folder, with [signs]", "by=[model]", "data.fold=0,loss=l1", "nowhere", "a=b", "hydra.run.dir=x"]
    *rest, paths = collect_paths(move_flags_first([*typed, "--cfg", "job", "+hydra/x=y"]))
    assert rest == ["--cfg=job", "by=[model]", "hydra.run.dir=x", "+hydra/x=y"]
    read = compose([paths], "report").results
    assert read == ["by=a folder, with [signs]", "data.fold=0,loss=l1", "nowhere", "a=b"]


def test_a_list_may_be_typed_but_not_beside_bare_paths():
    assert collect_paths(["paths=[a,b]", "by=[loss]"]) == ["results=[a,b]", "by=[loss]"]
    assert collect_paths(["results=[a]"]) == ["results=[a]"]
    assert collect_paths(["--help"]) == ["--help"]
    with pytest.raises(FerError, match=r"paths=\[a\] beside b: give all paths as words"):
        collect_paths(["paths=[a]", "b"])


@settings(max_examples=60, deadline=None)
@given(st.text("a\\'\"${}[]()<>,=: .#~*\n", min_size=1, max_size=10))
def test_a_quoted_path_comes_back_as_it_was(text):
    assert compose([f"results=[{quote(text)}]"], "report").results[0] == text
