"""Seconds a batch, worked out by hand from a batch's size and images a second, and shown only where asked for."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from made_results import make_result
from reports import compact, header, report, row, run

from fer_lightning.results.report.build import make_report
from fer_lightning.results.report.caveats import footnotes
from fer_lightning.results.report.formatting import batch_columns
from fer_lightning.results.report.terminal import print_report
from fer_lightning.results.report.write_tables import write_csv
from tools.doc_tables import report_tables


def timed(size, fit, test, **more):
    rates = {"fit_images_per_second": fit, "test_images_per_second": test}
    return run(config={"data": {"batch_size": size}}, timing=rates, **more)


def columns(*rows):
    return {name: texts for name, texts, _ in batch_columns(replace(report(*rows), timing=True))}


def test_a_batch_takes_its_images_over_the_rate():
    assert columns(row(runs=[timed(48, 120.0, 960.0)])) == {"train, s a batch": ["0.4"], "test, s a batch": ["0.05"]}


def test_runs_of_a_row_are_averaged_in_seconds_and_rows_without_a_clock_are_empty():
    two = row(runs=[timed(48, 480.0, None), timed(48, 160.0, None, seed=1)])  # 0.1 s and 0.3 s
    none = row(runs=[run(timing={}), timed(None, 10.0, 10.0)], loss="l2")
    found = columns(two, none)
    assert found == {"train, s a batch": ["0.2", ""], "test, s a batch": ["", ""]}


def test_rows_of_different_batches_say_which():
    found = columns(row(runs=[timed(48, 48.0, 4800.0)]), row(runs=[timed(1024, 2.0, 3.0)], loss="l2"))
    assert found["images a batch"] == ["48", "1,024"]
    assert found["train, s a batch"] == ["1", "512"]
    assert found["test, s a batch"] == ["0.01", "341"]


def test_nothing_is_shown_unless_asked_for():
    made = report(row(runs=[timed(48, 120.0, 960.0)]))
    assert batch_columns(made) == []
    assert not any("batch" in note for note in footnotes(made))
    assert not any("batch" in name for name in header(made))
    assert [name for name in header(replace(made, timing=True)) if "batch" in name] == [
        "train, s a batch",
        "test, s a batch",
    ]


def test_an_asked_table_without_any_clock_says_nothing_of_batches():
    made = replace(report(row(runs=[run(timing={})])), timing=True)
    assert not any("batch" in note for note in footnotes(made))
    assert not any("batch" in name for name in header(made))


@pytest.fixture
def table1(tmp_path):
    for name, accuracy, fit in (("edge CNN", 0.7, 240.0), ("R-CNN", 0.6, 96.0)):
        paper = {"title": "Paper C", "table": "Table 1", "row": name}
        rates = {"fit_images_per_second": fit, "test_images_per_second": 4 * fit}
        config = {"data.batch_size": 48}
        make_result(
            tmp_path / name, accuracy=accuracy, paper=paper, timing=rates, config=config, choices={"experiment": name}
        )
    return tmp_path


def test_the_rows_of_a_papers_table_say_it_in_the_papers_order(table1):
    lines = compact("\n".join(report_tables(make_report([table1], timing=True)))).split("\n")
    head, _, *rows = lines[:4]
    assert head.endswith("| test images | train, s a batch | test, s a batch |")
    assert [line.split(" | ")[0] for line in rows] == ["| R-CNN", "| edge CNN"]
    assert [line.split(" | ")[-2:] for line in rows] == [["0.5", "0.125 |"], ["0.2", "0.05 |"]]
    assert "A batch is 48 images; its seconds are those of training" in lines[-1]


def test_without_the_wish_the_documents_are_as_before(table1):
    assert "batch" not in "\n".join(report_tables(make_report([table1])))


def test_the_terminal_shows_them(table1):
    print_report(make_report([table1], timing=True), (), stream := io.StringIO())
    lines = stream.getvalue().splitlines()
    assert "train, s a batch  test, s a batch" in lines[1]
    assert lines[2].split()[-2:] == ["0.2", "0.05"]


def test_the_file_for_programs_has_them_with_all_digits_and_only_then(table1, tmp_path):
    found = []
    for asked in (True, False):
        write_csv(make_report([table1], timing=asked), tmp_path / "r.csv")
        with (tmp_path / "r.csv").open(newline="") as stream:
            found.append(next(csv.DictReader(stream)))
    assert (found[0]["train_seconds_a_batch"], found[0]["test_seconds_a_batch"]) == ("0.2", "0.05")
    assert list(found[0])[: len(found[1])] == list(found[1])
    assert len(found[0]) == len(found[1]) + 2
