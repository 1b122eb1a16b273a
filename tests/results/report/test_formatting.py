from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from reports import cells, header, over_three_runs

from fer_lightning.results.metric_names import format_difference, format_value, is_fraction, label, low_is_good
from fer_lightning.results.report.caveats import footnotes
from fer_lightning.results.report.discover_runs import discover_runs
from fer_lightning.results.report.formatting import format_table, is_bold
from fer_lightning.results.report.missing_runs import in_a_line, missing_runs
from fer_lightning.results.report.model import Comparison, MissingJob, Report
from fer_lightning.results.report.rows import make_rows, score


@pytest.fixture
def report(tmp_path, make_result):
    """L1 of three folds, one of them lost; L2 of one, with a paper's figure."""
    for fold, accuracy in ((0, 0.70), (1, 0.72)):
        make_result(tmp_path / f"l1_{fold}", fold=fold, accuracy=accuracy, overrides=["loss=l1", f"data.fold={fold}"])
    paper = {"metric": "test/accuracy", "value": 0.9}
    timing = {"fit_seconds": 100.0, "test_seconds": 80.0, "fit_images_per_second": 1400.0}
    make_result(tmp_path / "l2", accuracy=0.685, choices={"loss": "l2"}, paper=paper, timing=timing)
    names, rows, notes = make_rows(discover_runs([tmp_path]), "test/accuracy")
    lost = MissingJob("data.fold=2,loss=l1", Path(), "failed", {}, "loading\nnet: NaN\nexit code 1", "fer-train again")
    rows = (replace(rows[0], missing_jobs=(lost,)), rows[1])
    return Report("test/accuracy", names, rows, (), (*notes, "A note."), "both losses", "2026-01-01T00:00:00+00:00")


def table(report):
    return [dict(zip(header(report), row, strict=True)) for row in cells(report)]


def test_the_table_by_hand(report):
    l1, l2 = table(report)
    assert l1 == {
        "loss": "l1",
        "accuracy, %": "71.0 ± 1.4 (2)",  # deviations of one point, n - 1 = 1: the root of two
        "95 % interval": "58.3 - 83.7",  # t of one degree of freedom 12.706 times one point
        "paper, %": "",
        "minus paper, points": "",
        "macro-F1, %": "70.3",
        "balanced accuracy, %": "70.8",
        "hours": "2.0",
        "images/s": "200",
        "missing": "1 failed",
    }
    assert l2["accuracy, %"] == "68.5 (1)"
    assert l2["95 % interval"] == "61.8 - 74.5"  # Wilson's of the 137 of 200 images that it got right
    assert (l2["paper, %"], l2["minus paper, points"]) == ("90.0", "-21.5")
    assert (l2["hours"], l2["images/s"], l2["missing"]) == ("0.05", "1,400", "1 hole")
    assert format_table(report).texts.index.nlevels == 1


def test_a_column_without_a_figure_is_left_out(report):
    plain = replace(
        report, rows=tuple(replace(row, missing_jobs=(), missing_cells=(), reported=None) for row in report.rows)
    )
    assert not {"paper, %", "minus paper, points", "missing"} & set(header(plain))


def test_a_metric_that_is_no_fraction_has_three_decimals_and_no_percent(report):
    rows = make_rows(discover_runs([run.folder for row in report.rows for run in row.runs]), "test/loss")[1]
    l1, l2 = table(replace(report, metric="test/loss", rows=rows))
    assert (l1["loss"], l1["test loss"], l2["test loss"]) == ("l1", "1.250 ± 0.000 (2)", "1.250 (1)")
    assert l1["accuracy, %"] == "71.0"


def test_a_report_whose_runs_differ_in_nothing_has_a_first_column_all_the_same(report):
    one = replace(report, keys=(), rows=(replace(report.rows[0], key={}),))
    assert (header(one)[0], cells(one)[0][0], format_table(one).texts.index.nlevels) == ("runs", "all runs", 1)


def test_a_row_of_lost_jobs_alone_has_a_dash(report):
    l2 = report.rows[1]
    empty = replace(l2, runs=(), missing_cells=(), reported=None, score=score([], "test/accuracy"))
    (line,) = table(replace(report, rows=(empty,)))
    assert line == {"loss": "l2", "accuracy, %": "-"}


def against(p, difference=0.025, **fields):
    given = {"best": 0, "other": 1, "test": "McNemar", "difference": difference, "p": p, "images": 3589}
    given["runs"] = None if p is None else over_three_runs(p, difference)
    return Comparison(**(given | fields))


def test_the_best_is_bold_only_where_a_test_supports_it(report):
    assert not is_bold(report, 0)
    assert is_bold(replace(report, comparisons=(against(0.01),)), 0)
    assert not is_bold(replace(report, comparisons=(against(0.01),)), 1)
    assert not is_bold(replace(report, comparisons=(against(0.06),)), 0)
    assert not is_bold(replace(report, comparisons=(against(0.01, difference=-0.02),)), 0)
    assert not is_bold(replace(report, comparisons=(against(0.01), against(None, reason="none kept"))), 0)
    assert not is_bold(replace(report, comparisons=(against(0.01, runs=None),)), 0)
    assert not is_bold(replace(report, comparisons=(against(0.01, runs=over_three_runs(0.06)),)), 0)
    of_another_metric = {"test": "", "difference": None, "needs_images": False, "runs": over_three_runs(0.01)}
    assert is_bold(replace(report, comparisons=(against(None, **of_another_metric),)), 0)


def test_footnotes_name_the_test_its_p_and_its_images(report):
    notes = footnotes(replace(report, comparisons=(against(0.0123),)))
    assert (
        "loss=l1 against loss=l2: +2.5 points on 3,589 images, McNemar, p = 0.012; "
        "+2.5 points (+1.5 to +3.5) over 3 pairs of runs, paired t, p = 0.012." in notes
    )
    assert any(note.startswith("In bold: loss=l1, better than every other row") for note in notes)
    assert any("runs that differ in data.fold and seed alone are averaged" in note for note in notes)
    assert notes[-1] == "A note."
    partly = footnotes(replace(report, comparisons=(against(0.5, lacking=2),)))
    assert any("McNemar, p = 0.500; without 2 runs that kept no predictions; +2.5 points" in note for note in partly)
    assert any("paired tests do not show that loss=l1 is better" in note for note in partly)
    notes = footnotes(replace(report, comparisons=(against(0.01, runs=None),)))
    assert "No row is bold: loss=l1 and every other row would have to share at least two seeds or folds." in notes
    assert "loss=l1 against loss=l2: +2.5 points on 3,589 images, McNemar, p = 0.010." in notes
    lacking = {"test": "", "reason": "predictions were not kept", "runs": over_three_runs(0.01)}
    notes = footnotes(replace(report, comparisons=(against(None, **lacking),)))
    assert "No row is bold: loss=l1 could not be tested against every other row." in notes
    assert "loss=l1 against loss=l2: no test, predictions were not kept." in notes


def test_of_many_tests_those_are_spelled_out_that_speak_against_the_best(report):
    rows = (report.rows[0], *(replace(report.rows[1], key={"loss": f"n{k}"}) for k in range(1, 17)))
    tested = [against(k / 1000, other=k) for k in range(1, 12)]
    untested = [against(None, other=k, reason="nothing was kept") for k in range(12, 17)]
    notes = footnotes(replace(report, rows=rows, comparisons=(*tested, *untested)))
    told = [note.removeprefix("loss=l1 against ") for note in notes if note.startswith("loss=l1 against")]
    assert told[0] == "loss=n12; loss=n13; loss=n14 and 2 more: no test, nothing was kept."
    assert [line.partition(":")[0] for line in told[1:9]] == [f"loss=n{k}" for k in range(11, 3, -1)]
    assert told[9:] == ["3 further rows: p <= 0.003."]


def test_losses_name_job_or_hole_the_reason_and_the_command(report):
    job, hole = missing_runs(report)
    assert job == ("data.fold=2,loss=l1", "net: NaN (exit code 1)", "fer-train again", "loading\nnet: NaN\nexit code 1")
    assert hole == ("loss=l2: data.fold=1", "other rows have such a run", "fer-train data.fold=1", "")
    (lost,) = report.rows[0].missing_jobs
    planned = replace(
        report, rows=(replace(report.rows[0], missing_jobs=(replace(lost, state="planned", reason=""),)),)
    )
    assert missing_runs(planned)[0][1] == "planned, not begun"


def test_the_command_of_a_hole_says_fold_and_seed_once(report):
    row = replace(report.rows[0], missing_jobs=(), missing_cells=("data.fold=7, seed=3",))
    assert missing_runs(replace(report, rows=(row,)))[0][2] == "fer-train loss=l1 data.fold=7 seed=3"


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("", ""),
        ("exit code 1", "exit code 1"),
        ("a\n\n  b  \n", "b"),
        ("error: no data\n(HYDRA_FULL_ERROR=1 shows where it was raised)\nexit code 1", "error: no data (exit code 1)"),
        ("error: the loss is nan\nno epoch had ended\nexit code 1", "error: the loss is nan (exit code 1)"),
        ("killed by signal 9 (out of memory?)", "killed by signal 9 (out of memory?)"),
    ],
)
def test_a_reason_in_a_line(reason, line):
    assert in_a_line(reason) == line


def test_metrics_by_name():
    assert [label(name) for name in ("test/accuracy", "val/accuracy", "test/macro_f1", "test/recall/happy")] == [
        *("accuracy", "val accuracy", "macro-F1", "recall happy")
    ]
    assert label("test/accuracy_no_exact_copies") == "accuracy without exact copies"
    assert [is_fraction(f"test/{name}") for name in ("accuracy_ferplus", "recall/x", "loss", "mae")] == [
        *(True, True, False, False)
    ]
    assert [low_is_good(f"test/{name}") for name in ("ece", "loss", "accuracy")] == [True, True, False]
    assert (format_value(0.7127, "test/accuracy"), format_value(1.25, "test/loss")) == ("71.3", "1.250")
    assert (format_difference(-0.0214, "test/accuracy"), format_difference(0.5, "val/loss")) == ("-2.1", "+0.500")
