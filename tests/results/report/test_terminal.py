from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from reports import over_three_runs

from fer_lightning.results.report.discover_runs import discover_runs
from fer_lightning.results.report.model import Comparison, Report
from fer_lightning.results.report.rows import make_rows
from fer_lightning.results.report.terminal import print_report


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def report(tmp_path, make_result):
    for number, (loss, seed, accuracy) in enumerate([("l1", 0, 0.7), ("l1", 1, 0.8), ("l2", 0, 0.6)]):
        make_result(tmp_path / f"{number}", seed=seed, accuracy=accuracy, choices={"loss": loss})
    keys, rows, notes = make_rows(discover_runs([tmp_path]), "test/accuracy")
    comparison = Comparison(0, 1, "McNemar", 0.15, 0.001, 100, runs=over_three_runs(0.001))
    return Report("test/accuracy", keys, rows, (comparison,), notes, "both", "2026-01-01T00:00:00+00:00")


def printed(report, places=(), stream=None):
    stream = io.StringIO() if stream is None else stream
    print_report(report, places, stream)
    return stream.getvalue()


def test_piped_lines_are_aligned_whole_and_say_where_the_page_is(report, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    page = tmp_path / ("long" * 40) / "report.html"
    lines = printed(report, [tmp_path / "report.md", page]).splitlines()
    assert lines[0] == "both"
    assert re.split(r"\s{2,}", lines[1])[:3] == ["loss", "accuracy, %", "95 % interval"]
    assert re.split(r"\s{2,}", lines[2])[:2] == ["l1", "75.0 ± 7.1 (2)"]
    assert lines[3].startswith("l2          60.0 (1)")  # figures end where their header ends
    assert lines[-1] == f"html  {page}"
    assert "missing: loss=l2: seed=1: other rows have such a run" in lines
    assert "  fer-train seed=1" in lines
    assert not any("\x1b" in line for line in lines)


def test_narrow_encodings_get_plus_minus(report):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    print_report(report, (), stream)
    assert b"75.0 +- 7.1 (2)" in raw.getvalue()


def test_a_terminal_shows_the_supported_best_in_bold_and_never_cuts_a_command(report, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    run = replace(report.rows[1].runs[0], command=f"fer-train data.faces.dir=/{'x' * 90}")
    rows = (report.rows[0], replace(report.rows[1], runs=(run,)))
    coloured = printed(replace(report, rows=rows), stream=Terminal())
    assert re.search(r"\x1b\[1;32ml1 ", coloured)
    assert re.search(r"\nl2 ", coloured)
    assert f"/{'x' * 90} seed=1" in re.sub(r"\x1b\[[0-9;]*m", "", coloured)


@pytest.mark.parametrize(
    ("columns", "left_out"), [("200", None), ("75", "images/s; balanced accuracy, %"), ("20", "95 %")]
)
def test_a_narrow_terminal_leaves_columns_out_and_says_so(report, monkeypatch, columns, left_out):
    monkeypatch.setenv("COLUMNS", columns)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", printed(report, stream=Terminal())).splitlines()
    told = [line for line in lines if line.startswith("No room here for ")]
    assert bool(told) == (left_out is not None)
    assert all(left_out in line for line in told)
    assert lines[2].startswith("l1 ")
    assert "75.0 ± 7.1 (2)" in lines[2]
    assert columns == "20" or all(len(line) <= int(columns) for line in lines[1:4])
    assert lines[1].endswith("missing")


def test_the_metric_of_the_report_is_never_left_out(report, tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    keys, rows, _ = make_rows(discover_runs([tmp_path]), "test/macro_f1")
    text = printed(replace(report, metric="test/macro_f1", keys=keys, rows=rows), stream=Terminal())
    assert "macro-F1, %" in text.splitlines()[1]
    assert "74.4 ± 7.1 (2)" in text


def test_of_many_missing_runs_the_first_are_listed(report):
    rows = (report.rows[0], replace(report.rows[1], missing_cells=tuple(f"seed={k}" for k in range(1, 51))))
    text = printed(replace(report, rows=rows))
    assert text.count("missing: ") == 20
    assert "and 30 more, see the page" in text
    assert "50 holes" in text


def test_stdout_is_the_default(report, capsys):
    print_report(report)
    assert "accuracy, %" in capsys.readouterr().out
