from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from reports import cells, compact, header, report, row, run

from fer_lightning.results.escaping import markdown_text
from fer_lightning.results.report.caveats import footnotes
from fer_lightning.results.report.missing_runs import missing_runs
from fer_lightning.results.report.model import MissingJob
from fer_lightning.results.report.write_tables import write_markdown


def written(made, folder):
    write_markdown(made, folder / "report.md")
    return compact((folder / "report.md").read_text(encoding="utf-8"))


def table_of(text):
    """Its cells as a reader sees them: split at pipes that no backslash stands before, markup taken away."""
    rows = [re.split(r"(?<!\\)\|", line)[1:-1] for line in text.splitlines() if line.startswith("|")]
    return [[re.sub(r"\\(.)", r"\1", cell.strip()) for cell in line] for line in rows]


def failed(**fields):
    given = {"name": "fold 1", "folder": Path("/runs/b"), "state": "failed", "settings": {}, "sweep": "s"}
    return MissingJob(**given | {"reason": "Traceback\nValueError: nan", "command": "fer-train data.fold=1"} | fields)


def test_the_table_is_that_of_every_report(tmp_path):
    made = report(row(mean=0.713, sd=0.008, n=3, loss="l1"), row(mean=0.65, loss="l2"), p=0.2)
    head, rule, *rows = table_of(written(made, tmp_path))
    assert head == header(made)
    assert rows == cells(made)
    assert rows[0][:2] == ["l1", "71.3 ± 0.8 (3)"]
    assert rule == ["---", *["---:"] * (len(head) - 1)]


@pytest.mark.parametrize(("p", "strong"), [(0.001, True), (0.2, False), (None, False)])
def test_the_best_is_bold_only_where_a_test_supports_it(tmp_path, p, strong):
    text = written(report(row(mean=0.8, loss="l1"), row(mean=0.6, loss="l2"), p=p), tmp_path)
    assert ("| **l1** | **80.0 ± 1.0 (2)** |" in text) is strong
    assert ("**" in text) is strong
    assert "**l2**" not in text


def test_everything_below_the_table_is_there(tmp_path):
    made = report(
        row(loss="l1", missing_jobs=[failed()], missing_cells=["data.fold=2"]),
        row(mean=0.6, loss="l2"),
        notes=["A note."],
    )
    text = written(made, tmp_path)
    for note in footnotes(made):
        assert f"- {markdown_text(note)}\n" in text
    assert len(missing_runs(made)) == 2
    for name, reason, command, _ in missing_runs(made):
        assert f"- **{markdown_text(name)}**: {markdown_text(reason)}\n\n  ```sh\n  {command}\n  ```\n" in text
    assert "## Missing" not in written(report(row()), tmp_path)


def test_names_that_look_like_markup_stay_text(tmp_path):
    hostile = "a|b \\| <script> *x* _y_ `z` [l](u) macro_f1 &lt; $m$ #1\n# not a title"
    made = report(row(loss=hostile), row(mean=0.5, loss="l2"), title=hostile)
    text = written(made, tmp_path)
    seen = " ".join(hostile.split())
    assert table_of(text)[2][0] == seen
    assert re.sub(r"\\(.)", r"\1", text.splitlines()[0]) == f"# {seen}"
    assert not re.search(r"(?<!\\)[<`]", text)
    assert "macro_f1" in text
    assert all(len(line) == len(header(made)) for line in table_of(text))


def test_a_command_with_backticks_stays_inside_of_its_block(tmp_path):
    command = "fer-train title='```x````' a='b|c\\d'"
    text = written(report(row(missing_jobs=[failed(command=command)])), tmp_path)
    assert f"  `````sh\n  {command}\n  `````\n" in text


def test_a_report_without_keys_or_figures_is_a_table_too(tmp_path):
    made = replace(report(row(mean=None, missing_jobs=[failed()], loss="")), keys=())
    assert table_of(written(made, tmp_path))[2][:2] == ["all runs", "-"]


def test_a_loss_is_no_percentage(tmp_path):
    made = report(row(mean=1.25, runs=[run(metrics={"test/loss": 1.25})], interval=None), metric="test/loss")
    assert table_of(written(made, tmp_path))[2][1] == "1.250 ± 0.010 (2)"
