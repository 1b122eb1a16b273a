"""Bars of a report: which keys they are of, what they average, and what they say."""

from __future__ import annotations

from dataclasses import replace

import pytest
from legible import assert_legible, words
from made_results import make_result
from reports import report as made_report
from reports import row, run

from fer_lightning.errors import FerError
from fer_lightning.results.report.build import make_report
from fer_lightning.results.report.figures import draw_bars, write_bars

CELLS = [("CNN", "raw data", 0.84), ("CNN", "more data", 0.86), ("STN", "raw data", 0.94), ("STN", "more data", 0.97)]


def leave(folder, cells=CELLS, table="Table 2", data="fer2013", **fields):
    for number, (name, column, value) in enumerate(cells):
        paper = {"title": "Paper A", "table": table, "row": name, "column": column, "value": value}
        choices = {"data": data, "model": name, "experiment": f"{table} {number}"}
        make_result(folder / f"{table} {number}", accuracy=0.5 + number / 10, choices=choices, paper=paper, **fields)
    return folder


def shown(bars):
    return {group.label: [None if bar is None else bar.text for bar in group.bars] for group in bars.groups}


def test_a_papers_cells_are_bars_of_its_rows_in_groups_of_its_columns(tmp_path):
    report = make_report([leave(tmp_path)])
    assert report.bars == ("paper.column", "paper.row")
    bars = draw_bars(report)
    assert shown(bars) == {"raw data": ["50.0", "70.0"], "more data": ["60.0", "80.0"]}
    assert [bar.paper for bar in bars.groups[0].bars] == pytest.approx([84, 94])
    # Wilson's of 50 of 100
    assert bars.groups[0].bars[0].ends == pytest.approx((40.383, 59.617), abs=0.01)
    assert_legible(bars.figure)
    assert {"Accuracy beside the paper's", "Paper A, Table 2"} <= set(words(bars.figure))
    assert bars.alt.startswith(
        "Accuracy beside the paper's, with 95 % intervals. raw data: CNN 50.0 (1) (paper 84), STN"
    )


def test_several_tables_are_groups_by_their_data_sets_where_each_has_its_own(tmp_path):
    leave(tmp_path, CELLS[:3])
    leave(tmp_path, CELLS[:1], "Table 1", "ckplus")
    report = make_report([tmp_path])
    assert report.bars == ("data", "paper.column", "paper.row")
    # ckplus first: of the paper's figures there the mean is lower
    assert list(shown(draw_bars(report))) == ["ckplus, raw data", "fer2013, more data", "fer2013, raw data"]
    assert "Paper A, Table 1 and Table 2" in words(draw_bars(report).figure)


def test_tables_of_one_data_set_are_groups_by_themselves(tmp_path):
    leave(tmp_path, CELLS[:1])
    leave(tmp_path, CELLS[:1], "Table 1")
    assert make_report([tmp_path]).bars == ("paper.table", "paper.column", "paper.row")


def test_asked_for_keys_win_and_an_empty_list_is_none(tmp_path):
    leave(tmp_path)
    assert make_report([tmp_path], bars=["data", "model"]).bars == ("data", "model")
    report = make_report([tmp_path], bars=[])
    assert (report.bars, draw_bars(report)) == ((), None)


def test_results_that_name_no_cells_have_bars_only_where_they_are_asked_for(tmp_path):
    for data in ("jaffe", "fer2013"):
        for k, model in enumerate(("cnn", "stn")):
            accuracy = 0.4 + 0.1 * k + 0.2 * (data == "fer2013")
            make_result(tmp_path / f"{data}{model}", accuracy=accuracy, choices={"data": data, "model": model})
    assert draw_bars(make_report([tmp_path])) is None
    bars = draw_bars(make_report([tmp_path], bars=["data", "model"]))
    assert shown(bars) == {"jaffe": ["40.0", "50.0"], "fer2013": ["60.0", "70.0"]}
    assert bars.title == "Accuracy by data and model"


def test_a_bar_of_several_rows_is_their_mean_and_says_what_it_averages(tmp_path):
    for loss, accuracy in (("l1", 0.6), ("l2", 0.7)):
        make_result(tmp_path / loss, accuracy=accuracy, choices={"loss": loss})
    bars = draw_bars(make_report([tmp_path], bars=["data", "model"]))
    assert shown(bars) == {"ckplus": ["65.0"]}
    assert "averaged over loss" in words(bars.figure)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (["data"], r"bars=data: give two keys, first that of the groups, as in bars=\[data,model\]"),
        (["data", "data"], "bars=data: give two keys"),
        (["data", "modle"], r"bars=modle: no run knows it; choose among data, model, loss, .*did you mean model\?"),
    ],
)
def test_keys_that_make_no_bars_are_refused(tmp_path, asked, message):
    make_result(tmp_path / "a")
    with pytest.raises(FerError, match=message):
        make_report([tmp_path], bars=asked)


def test_of_many_groups_and_bars_the_first_are_drawn_and_it_says_so(tmp_path):
    choices = [{"data": f"d{d:02}", "model": f"m{m:02}"} for d in range(14) for m in range(10)]
    rows = [row(0.5, n=1, runs=[_run(one)], data=one["data"], model=one["model"]) for one in choices]
    bars = draw_bars(replace(made_report(*rows), bars=("data", "model")))
    assert (len(bars.groups), len(bars.groups[0].bars)) == (12, 8)
    assert "the first 12 of 14 groups; the first 8 of 10 bars" in " ".join(words(bars.figure))


def test_a_report_without_bars_writes_no_file(tmp_path):
    leave(tmp_path / "runs")
    write_bars(make_report([tmp_path / "runs"]), tmp_path / "bars.png")
    assert (tmp_path / "bars.png").read_bytes().startswith(b"\x89PNG")
    write_bars(make_report([tmp_path / "runs"], bars=[]), tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


def _run(choices):
    made = run(accuracy=0.5, choices=choices)
    made.settings.update(choices)
    return made
