"""A paper's cells are the rows of a report, and its table is printed as the paper prints it."""

from __future__ import annotations

import csv
import io
import re

import pytest
from made_results import make_result, make_sweep
from reports import Page, compact, table_texts

from fer_lightning.errors import FerError
from fer_lightning.results.report.build import make_report
from fer_lightning.results.report.page import write_page
from fer_lightning.results.report.paper_table import in_paper_order, paper_tables
from fer_lightning.results.report.terminal import print_report
from fer_lightning.results.report.write_tables import write_csv, write_latex, write_markdown

REPORTED = {"CNN": (0.8457, 0.8614), "pre-processing + CNN": (0.9015, 0.9549), "STN-CNN": (0.9451, 0.9722)}
COLUMNS = ("raw data", "data enhancement")
OURS = {"CNN": (0.55, 0.57), "pre-processing + CNN": (0.53, 0.58), "STN-CNN": (0.60, 0.62)}


def cell(row, column=None, value=None, table="Table 2", **more):
    paper = {"title": "Paper A", "table": table, "metric": "test/accuracy", "row": row, "value": value, **more}
    return paper if column is None else paper | {"column": column}


def leave(folder, row, k, **fields):
    column = COLUMNS[k]
    choices = {"experiment": f"{row}{k}", "augment": column} | fields.pop("choices", {})
    paper = cell(row, column, REPORTED[row][k], **fields.pop("paper", {}))
    return make_result(folder, accuracy=OURS[row][k], choices=choices, paper=paper, **fields)


@pytest.fixture
def table2(tmp_path):
    for row in ("STN-CNN", "CNN", "pre-processing + CNN"):
        for k in (1, 0):
            leave(tmp_path / "runs" / f"{row}{k}", row, k)
    return tmp_path / "runs"


def test_the_cells_are_the_rows_in_the_papers_words(table2):
    report = make_report([table2])
    assert report.keys == ("paper.row", "paper.column")
    assert report.rows[0].name == "STN-CNN, data enhancement"
    assert {(row.name, row.reported) for row in report.rows} == {
        (f"{row}, {column}", value) for row in REPORTED for column, value in zip(COLUMNS, REPORTED[row], strict=True)
    }


def test_what_varies_within_a_cell_besides_fold_and_seed_tells_rows_apart_too(table2):
    leave(table2 / "again", "CNN", 0, seed=1)
    assert make_report([table2]).keys == ("paper.row", "paper.column")
    leave(table2 / "other", "CNN", 0, config={"optimizer.lr": 0.5}, overrides=["optimizer.lr=0.5"])
    report = make_report([table2])
    assert report.keys == ("paper.row", "paper.column", "optimizer.lr")
    assert [row.name for row in report.rows if "0.5" in row.name] == ["CNN, raw data, optimizer.lr=0.5"]
    # one table for each rate; a single cell is none
    (table,) = paper_tables(report)
    assert table.caption == "Paper A, Table 2, optimizer.lr=0.001: accuracy, %"


def test_one_run_without_a_row_leaves_everything_as_it_was(table2):
    make_result(table2 / "plain", choices={"experiment": "mine"}, paper={"title": "Paper A", "value": 0.5})
    report = make_report([table2])
    assert report.keys == ("experiment", "augment")
    assert paper_tables(report) == []
    assert report.bars == ()


def test_by_wins_and_may_name_the_row_alone(table2):
    assert make_report([table2], by=["augment"]).keys == ("augment",)
    report = make_report([table2], by=["paper.row"])
    assert [(row.name, row.score.n, row.reported) for row in report.rows] == [
        ("STN-CNN", 2, None), ("CNN", 2, None), ("pre-processing + CNN", 2, None),
    ]  # fmt: skip
    assert paper_tables(report) == []
    with pytest.raises(FerError, match=r"by=paper.rwo: no run knows it.*did you mean paper.row"):
        make_report([table2], by=["paper.rwo"])


def test_a_depth_has_a_row_and_neither_column_nor_value_and_stands_by_its_number(tmp_path):
    for depth in (10, 2, 4):
        paper = cell(f"depth {depth}", table="Depths", title="Paper D")
        paper = paper if depth > 2 else {key: value for key, value in paper.items() if key != "value"}
        make_result(tmp_path / str(depth), accuracy=depth / 20, choices={"experiment": f"d{depth}"}, paper=paper)
    report = make_report([tmp_path])
    assert report.keys == ("paper.row",)
    assert [row.name for row in report.rows] == ["depth 10", "depth 4", "depth 2"]
    assert {row.reported for row in report.rows} == {None}
    assert (paper_tables(report), report.bars) == ([], ())


def test_rows_of_two_tables_are_told_apart_by_the_table(table2):
    for row in ("CNN", "STN-CNN"):
        leave(table2 / f"ck{row}", row, 0, choices={"data": "fer2013"}, paper={"table": "Table 1"})
    report = make_report([table2])
    assert report.keys == ("paper.table", "paper.row", "paper.column")
    first, second = paper_tables(report)
    assert (first.caption, first.columns) == ("Paper A, Table 1: accuracy, %", ["raw data"])
    assert (second.caption, len(second.lines)) == ("Paper A, Table 2: accuracy, %", 3)


def test_a_lost_job_is_in_the_cell_of_its_experiment_where_another_fold_says_which(tmp_path):
    jobs = {f"data.fold={fold},experiment={e}": {} for fold in (0, 1) for e in ("CNN0", "STN-CNN0")}
    jobs["data.fold=1,experiment=CNN0"] = {"state": "failed"}
    jobs["data.fold=0,experiment=new"] = {"state": "planned"}
    sweep = make_sweep(tmp_path / "s", jobs)
    for name, entry in jobs.items():
        if not entry:
            fold, row = name.removeprefix("data.fold=").split(",experiment=")
            leave(sweep / name, row.removesuffix("0"), 0, fold=int(fold), overrides=name.split(","))
    report = make_report([tmp_path])
    assert report.keys == ("paper.row", "paper.column")
    assert {row.name: (len(row.missing_jobs), row.missing_cells) for row in report.rows} == {
        "STN-CNN, raw data": (0, ()), "CNN, raw data": (1, ()), "?, ?": (1, ()),
    }  # fmt: skip
    (table,) = paper_tables(report)
    assert [name for name, _ in table.lines] == ["CNN", "STN-CNN"]


def test_a_lost_seed_of_a_depth_is_in_the_row_of_that_depth(tmp_path):
    names = [f"model.net.depth={depth},seed={seed}" for depth in (2, 4) for seed in (0, 1)]
    sweep = make_sweep(tmp_path / "s", {name: {"state": "failed"} if "4,seed=1" in name else {} for name in names})
    for name in names[:3]:
        depth, seed = (int(word.rpartition("=")[2]) for word in name.split(","))
        words = {"config": {"model.net.depth": depth}, "overrides": name.split(",")}
        make_result(sweep / name, seed=seed, choices={"experiment": "d"}, paper=cell(f"depth {depth}"), **words)
    report = make_report([tmp_path])
    assert {row.name: len(row.missing_jobs) for row in report.rows} == {"depth 2": 0, "depth 4": 1}


def test_the_grid_sets_ours_beside_the_papers_by_rising_figures_of_the_paper(table2):
    (table,) = paper_tables(make_report([table2]))
    assert table.caption == "Paper A, Table 2: accuracy, %"
    assert table_texts(table.flat()) == [
        ["row", "raw data, ours", "raw data, paper", "data enhancement, ours", "data enhancement, paper"],
        ["CNN", "55.0 (1)", "84.57", "57.0 (1)", "86.14"],
        ["pre-processing + CNN", "53.0 (1)", "90.15", "58.0 (1)", "95.49"],
        ["STN-CNN", "60.0 (1)", "94.51", "62.0 (1)", "97.22"],
    ]


def test_of_another_metric_the_paper_has_no_figure_and_the_grid_no_column_for_it(table2):
    (table,) = paper_tables(make_report([table2], metric="val/accuracy"))
    assert table_texts(table.flat())[0] == ["row", "data enhancement, ours", "raw data, ours"]  # equal figures: by name
    assert table_texts(table.flat())[1] == ["CNN", "50.0 (1)", "50.0 (1)"]


def test_a_cell_that_nobody_ran_is_empty_and_one_cell_is_no_table(table2, tmp_path):
    (table,) = paper_tables(make_report([table2 / "CNN0", table2 / "STN-CNN1"]))
    cells = [line[1:] for line in table_texts(table.flat())[1:]]
    assert cells == [
        ["55.0 (1)", "84.57", "", ""],
        ["", "", "62.0 (1)", "97.22"],
    ]
    assert paper_tables(make_report([table2 / "CNN0"])) == []


def test_every_output_says_row_and_column_and_shows_the_grid(table2, tmp_path):
    report = make_report([table2])
    for name, write in (("md", write_markdown), ("csv", write_csv), ("tex", write_latex), ("html", write_page)):
        write(report, tmp_path / f"r.{name}")
    stream = io.StringIO()
    print_report(report, (), stream)
    texts = {path.suffix: compact(path.read_text(encoding="utf-8")) for path in tmp_path.glob("r.*")} | {
        "": stream.getvalue()
    }
    for text in texts.values():
        assert "paper.row" not in text
        assert "paper.column" not in text
    with (tmp_path / "r.csv").open(newline="") as table:
        first = next(csv.DictReader(table))
    assert (first["row"], first["column"]) == ("STN-CNN", "data enhancement")
    assert "## Paper A, Table 2: accuracy, %" in texts[".md"]
    assert "| CNN | 55.0 (1) | 84.57 | 57.0 (1) | 86.14 |" in texts[".md"]
    assert "Row and column are those of the paper: Paper A, Table 2." in texts[".md"]
    printed = [re.split(r"\s{2,}", line) for line in texts[""].splitlines()]
    assert ["CNN", "55.0 (1)", "84.57", "57.0 (1)", "86.14"] in printed
    page = Page(texts[".html"])
    assert "paper" in page.ids()
    assert "row raw data data enhancement ours paper ours paper CNN 55.0 (1) 84.57 57.0 (1) 86.14" in page.text
    assert sum("beside the paper's" in image["alt"] for image in page.all("img")) == 1


def test_a_narrow_terminal_says_that_it_has_no_room_for_the_grid(table2, monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

    monkeypatch.setenv("COLUMNS", "60")
    print_report(make_report([table2]), (), stream := Terminal())
    (told,) = [line for line in stream.getvalue().splitlines() if line.startswith("No room here")]
    assert "Paper A, Table 2: accuracy, %: the files have them." in told
    assert "84.57" not in stream.getvalue()


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ({"x21": [(0.1, 0.9)], "x3": [(0.2, 0.95)]}, ["x3", "x21"]),
        ({"b": [(0.9, 0.1)], "a": [(0.1, 0.2)]}, ["b", "a"]),
        ({"b": [(0.9, None)], "a": [(None, None)], "c": [(0.1, None)], "d": [(0.5, 0.99)]}, ["d", "c", "b", "a"]),
        ({"b": [(0.5, None)], "a": [(0.5, None)]}, ["a", "b"]),
        ({"8": [], "10": [], "9": []}, ["8", "9", "10"]),
    ],
)
def test_names_stand_by_their_number_else_by_the_paper_else_by_ours(names, wanted):
    assert in_paper_order(names) == wanted
