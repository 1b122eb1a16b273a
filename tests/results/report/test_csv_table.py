from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from reports import report, row, run

from fer_lightning.results.report.model import Comparison, MissingJob
from fer_lightning.results.report.write_tables import write_csv


def lines_of(made, folder):
    write_csv(made, folder / "report.csv")
    with (folder / "report.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def lost(state):
    return MissingJob("job", Path("/runs/b"), state, {}, "why", "fer-train", "s")


def test_each_row_is_a_line_of_all_its_figures(tmp_path):
    third = 1 / 3
    metrics = [
        {"test/accuracy": 0.7, "test/macro_f1": f1, "test/balanced_accuracy": b}
        for f1, b in ((0.5, third), (0.75, None))
    ]
    timing = {"fit_seconds": 100.0, "test_seconds": 2.5, "fit_images_per_second": 40.0}
    runs = [run(metrics=m, timing=timing, seed=seed) for seed, m in enumerate(metrics)]
    first = row(mean=2 * third, sd=0.1 + 0.2, runs=runs, interval=(0.25, 1.0), reported=0.5, loss="l1", model="cnn")
    jobs = [lost("failed"), lost("failed"), lost("running"), lost("planned")]
    second = row(mean=0.5, n=1, missing_jobs=jobs, missing_cells=["seed=1"], loss="l2", model="cnn")
    one, two = lines_of(report(first, second, p=0.0123), tmp_path)
    names = "loss model metric mean sd n low high paper difference macro_f1 balanced_accuracy fit_seconds test_seconds"
    further = "images_per_second failed unfinished holes p test images_compared reason p_over_runs pairs"
    assert list(one) == [*names.split(), *further.split()]
    numbers = "mean sd n low high paper difference macro_f1 balanced_accuracy fit_seconds test_seconds"
    assert [float(one[name]) for name in numbers.split()] == [
        *(2 * third, 0.1 + 0.2, 2, 0.25, 1.0, 0.5, 2 * third - 0.5),
        *(0.625, third, 200.0, 5.0),
    ]
    assert (one["images_per_second"], one["failed"], one["unfinished"], one["holes"]) == ("40.0", "0", "0", "0")
    assert (one["p"], one["test"], one["images_compared"]) == ("", "", "")
    assert (two["loss"], two["sd"], two["paper"], two["difference"]) == ("l2", "", "", "")
    assert (two["failed"], two["unfinished"], two["holes"]) == ("2", "2", "1")
    assert (two["p"], two["test"], two["images_compared"], two["reason"]) == ("0.0123", "McNemar", "100", "")


def test_a_row_without_a_result_and_a_pair_without_a_test_stay_in_it(tmp_path):
    best, other, nothing = (
        row(loss="l1"),
        row(mean=0.6, loss="l2"),
        row(mean=None, missing_jobs=[lost("failed")], loss="l3"),
    )
    made = replace(report(best, other, nothing), comparisons=(Comparison(0, 1, "", None, None, 0, "no, none"),))
    lines = lines_of(made, tmp_path)
    assert [line["loss"] for line in lines] == ["l1", "l2", "l3"]
    assert (lines[1]["p"], lines[1]["reason"]) == ("", "no, none")
    assert (lines[2]["mean"], lines[2]["n"], lines[2]["fit_seconds"]) == ("", "0", "")


@pytest.mark.parametrize("name", ["-1.2", "+3", "1e-3", "-.5E+2", 'a,"b"\nc', "[1, 2]", "悲しい", " ", "a=b", "l1-l2"])
def test_values_are_what_the_config_says(tmp_path, name):
    (line,) = lines_of(report(row(loss=name)), tmp_path)
    assert line["loss"] == name


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        *(
            (text, f"'{text}")
            for text in ("=1+1", "+a", "-b", "@c", "-1+cmd|' /C calc'!A0", "\uff1d1+1", " =1", "\n=1", "-")
        ),
        *(("\t=1", "' =1"), ("\r@c", "' @c"), ("\x1b[31m=1", "[31m=1"), ("\x00=1", "'=1"), ("\ta", " a")),
    ],
)
def test_text_that_a_spreadsheet_would_run_and_control_characters_are_text(tmp_path, name, cell):
    (line,) = lines_of(report(row(loss=name)), tmp_path)
    assert line["loss"] == cell
    (line,) = lines_of(replace(report(row(**{name: "x"})), keys=(name,)), tmp_path)
    assert next(iter(line)) == cell


def test_rows_that_differ_in_nothing_have_a_name(tmp_path):
    (line,) = lines_of(replace(report(row(loss="")), keys=()), tmp_path)
    assert line["runs"] == "all runs"


def test_a_file_is_whole_or_the_one_of_before(tmp_path):
    write_csv(report(row()), tmp_path / "report.csv")
    before = (tmp_path / "report.csv").read_bytes()
    assert before.endswith(b"\n")
    assert b"\r" not in before
    with pytest.raises(AttributeError):
        write_csv(replace(report(row()), rows=(None,)), tmp_path / "report.csv")
    assert (tmp_path / "report.csv").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]
