"""Sweeps of fer-eval: folders that name their tests, reports made of them, and what is refused before the first."""

from __future__ import annotations

import csv
import shutil

import numpy as np
import pytest
from support import call

from fer_lightning.commands import evaluate, report, train
from fer_lightning.results.result import read
from fer_lightning.run.config.compose import EVAL, TRAIN, list_options, list_sweeps
from tools import rotation


@pytest.fixture
def logs(tmp_path, monkeypatch):
    """The folder below which everything is written."""
    monkeypatch.setenv("FER_LOGS", str(tmp_path / "logs"))
    return tmp_path / "logs"


def results(folder):
    return {file.parent.name: read(file) for file in sorted(folder.glob("*/result.json"))}


def rows(folder):
    with (folder / "report.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_the_people_of_jaffe_are_a_row_a_checkpoint_and_all_images_together(logs, tiny_jaffe, tiny_checkpoint):
    # as a sweep of fer-train names its jobs, whose signs are also Hydra's
    other = tiny_checkpoint.parents[2] / "nets" / "model=cnn,seed=1" / "best.ckpt"
    other.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(tiny_checkpoint, other)
    folder = logs / "sweeps" / "paper_a_jaffe"
    assert call(evaluate.main, "sweep=paper_a_jaffe", f"ckpt={tiny_checkpoint}") == 0
    first = results(folder)
    assert {name.partition(",ckpt=")[0] for name in first} == {f"data.fold={fold}" for fold in range(10)}
    assert len(first) == 10
    assert {result.paper for result in first.values()} == {None}  # the figure is STN-CNN's, and this is a CNN

    assert call(evaluate.main, "sweep=paper_a_jaffe", f"ckpt={tiny_checkpoint},{other}", "data.fold=7") == 0
    both = results(folder)
    assert set(first) < set(both)  # the same test, its folder written again
    assert len(both) == 11
    pooled = sum(np.array(both[name].confusion_matrix) for name in first)
    assert pooled.sum() == len(list(tiny_jaffe.glob("*.tiff")))

    assert call(report.main, folder, f"hydra.run.dir={logs}/report") == 0
    by_ckpt = {row["ckpt"]: row["n"] for row in rows(logs / "report")}
    assert by_ckpt == {str(tiny_checkpoint): "10", str(other): "1"}


def test_turned_faces_of_two_data_sets_stand_side_by_side_and_give_a_curve(
    logs, tiny_jaffe, tiny_fer2013, tiny_checkpoint, capsys
):
    folder, ckpt = logs / "sweeps" / "paper_a_rotation", f"ckpt={tiny_checkpoint}"
    for angles in ("0,60", "60"):
        assert call(evaluate.main, "sweep=paper_a_rotation", ckpt, "data=fer2013", f"data.rotate={angles}") == 0
        assert [result.config["data"]["rotate"] for result in results(folder).values()] == [0, 60]
    capsys.readouterr()
    assert call(rotation.main, folder) == 0
    table = [line.split() for line in capsys.readouterr().out.splitlines()]
    tested = {line[1]: int(line[2]) for line in table[1:3]}
    assert tested["60"] == 2 * tested["0"]

    assert call(evaluate.main, "sweep=paper_a_rotation", ckpt, "data=jaffe", "data.rotate=0") == 0
    assert len(results(folder)) == 3
    assert call(rotation.main, folder) == 1
    assert "name the folders of one data set" in capsys.readouterr().err
    assert call(rotation.main, *folder.glob("*,data=jaffe,*")) == 0


@pytest.mark.parametrize(("model", "kept"), [("cnn", 0.5), ("stn_cnn", None)])
def test_a_papers_figure_is_kept_for_its_own_model(logs, tiny_jaffe, tiny_checkpoint, tmp_path, model, kept):
    paper = f"paper={{table: Figure 10, value: 0.5, model: {model}}}"
    where = f"hydra.run.dir={tmp_path}/one"
    assert call(evaluate.main, f"ckpt={tiny_checkpoint}", "data=jaffe", paper, where) == 0
    assert (read(tmp_path / "one").paper or {}).get("value") == kept


def test_a_sweep_has_the_name_that_is_typed_and_without_one_numbers_in_a_folder_named_by_the_time(
    logs, tiny_jaffe, tiny_checkpoint
):
    words = ["-m", f"ckpt={tiny_checkpoint}", "data=jaffe", "seed=0,1"]
    assert call(evaluate.main, *words, "sweep_name=mine") == 0
    assert [name.partition(",ckpt=")[0] for name in results(logs / "sweeps" / "mine")] == [
        "data=jaffe,seed=0", "data=jaffe,seed=1",
    ]  # fmt: skip
    assert call(evaluate.main, *words[:-1]) == 0
    (timed,) = (folder for folder in (logs / "sweeps").iterdir() if folder.name != "mine")
    assert set(results(timed)) == {"0"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("sweep=paper_a_rotation", "ckpt is not set: name a checkpoint"),
        ("sweep=paper_a_rotation ckpt=x.ckpt", "data is not set: name a data set"),
        ("sweep=paper_a_rotation ckpt=x.ckpt,y.ckpt data=fer2013 sweep_name=a/b", "sweep_name=a/b: it becomes a folde"),
        ("sweep=paper_a_jaffe ckpt=x.ckpt sweep_name=a,b", "sweep_name: a sweep has one name"),
        ("sweep=paper_a_jaffe ckpt=x.ckpt +paper.colunm=CNN", "paper.colunm: unknown key; choose among"),
        ("sweep=paper_a_jaffe ckpt=x.ckpt paper.value=90.67", "paper.value=90.67: give the fraction"),
        ("ckpt=x.ckpt data=jaffe +paper.value=90.67", "paper.value=90.67: give the fraction"),
        ("ckpt=x.ckpt data=jaffe paper={valeu:1}", "paper.valeu: unknown key"),
    ],
)
def test_a_mistake_is_told_once_before_the_first_test(logs, capfd, arguments, message):
    assert call(evaluate.main, *arguments.split()) == 1
    err = capfd.readouterr().err
    assert f"error: {message}" in err
    assert err.count("error: ") == 1
    assert not (logs / "sweeps").exists()


@pytest.mark.parametrize("option", list_options("sweep"))
@pytest.mark.parametrize("more", [[], ["ckpt=a.ckpt,b.ckpt", "data=fer2013"]])
def test_a_sweep_of_the_other_command_is_refused_with_the_way_out(logs, capfd, option, more):
    tests = option in list_sweeps(EVAL)
    assert call(train.main if tests else evaluate.main, f"sweep={option}", *more) == 1
    told = {
        True: f"error: sweep={option} tests checkpoints: fer-eval sweep={option} ckpt=PATH\n",
        False: f"error: sweep={option} is for {TRAIN}; {EVAL} takes {', '.join(list_sweeps(EVAL))}\n",
    }[tests]
    assert capfd.readouterr().err.replace("(HYDRA_FULL_ERROR=1 shows where it was raised)\n", "") == told
    assert not logs.exists()
