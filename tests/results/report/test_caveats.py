"""What a report says of itself before its means are believed."""

from __future__ import annotations

from fer_lightning.results.report.discover_runs import discover_runs
from fer_lightning.results.report.rows import make_rows


def rows_of(folder, metric="test/accuracy", by=None):
    return make_rows(discover_runs([folder]), metric, by)


def test_what_differs_in_the_config_alone_is_noted_and_kept(tmp_path, make_result):
    make_result(tmp_path / "a", config={"optimizer.lr": 0.1})
    make_result(tmp_path / "b", config={"optimizer.lr": 0.2})  # the YAML file was changed between the two
    keys, (row,), (note,) = rows_of(tmp_path)
    assert (keys, row.score.n) == ((), 2)
    assert "all runs in optimizer.lr" in note


def test_of_runs_of_one_config_the_newest_counts_and_the_others_are_counted(tmp_path, make_result):
    for hour, accuracy in ((11, 0.8), (10, 0.7), (9, 0.6)):
        make_result(tmp_path / f"{hour}", accuracy=accuracy, finished=f"2026-01-01T{hour:02d}:00:00+00:00")
    _, (row,), notes = rows_of(tmp_path)
    assert (row.score.mean, row.score.n) == (0.8, 1)
    assert notes == ("2 runs were left out: of runs of one config, fold and seed included, the newest counts.",)


def test_runs_on_two_folders_of_images_are_no_repeats_of_each_other(tmp_path, make_result):
    for name in ("a", "b"):  # config_hash leaves folders out
        make_result(tmp_path / name, overrides=[f"data.faces.dir=/{name}"], config={"data.faces": {"dir": f"/{name}"}})
    assert len(rows_of(tmp_path)[1]) == 2
    assert rows_of(tmp_path, by=["loss"])[1][0].score.n == 2


def test_other_test_images_are_noted(tmp_path, make_result):
    make_result(tmp_path / "a")
    make_result(tmp_path / "b", choices={"data": "jaffe"}, protocol="test_only")
    (note,) = rows_of(tmp_path)[2]
    assert "ckplus (kfold, 2 classes); jaffe (test_only, 2 classes)" in note
    make_result(tmp_path / "b", choices={"loss": "l2"}, confusion_matrix=[[10, 0], [0, 9]])
    (note,) = rows_of(tmp_path)[2]
    assert note.startswith("Runs on ckplus (kfold) tested 19, 100 images")
    make_result(tmp_path / "b", choices={"loss": "l2"}, fold=1, confusion_matrix=[[10, 0], [0, 9]])
    assert rows_of(tmp_path)[2] == ()  # folds may differ in size


def test_runs_without_the_metric_are_noted(tmp_path, make_result):
    make_result(tmp_path / "a", metrics={"test/ece": 0.1})
    make_result(tmp_path / "b", seed=1)
    _, (row,), (note,) = rows_of(tmp_path, "test/ece")
    assert row.score.n == 1
    assert "test/ece is undefined or was not taken: 1 of all runs" in note


def test_losses_of_several_functions_are_not_compared(tmp_path, make_result):
    for loss in ("l1", "l2"):
        make_result(tmp_path / loss, choices={"loss": loss}, metrics={"test/loss": 1.0})
    (note,) = rows_of(tmp_path, "test/loss")[2]
    assert note == "Losses are those that trained, l1, l2: other functions, not to be compared."
    assert rows_of(tmp_path)[2] == ()
