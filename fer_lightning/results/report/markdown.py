"""Writes a report as Markdown with a table, for trackers and READMEs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from fer_lightning.control_characters import without_controls
from fer_lightning.results.report.model import Report
from fer_lightning.results.report.paper_table import PaperTable, paper_tables
from fer_lightning.results.report.text import bold, cells, footnotes, header, keys, losses
from fer_lightning.whole import whole

# an underscore inside of a word, as in macro_f1, is text anyway
SPECIAL = re.compile(r"[\\`*\[\]<>|~$#&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")


def write(report: Report, path: Path) -> None:
    """Writes the table, how to read it, and everything that is missing with its command; whole or not at all."""
    with whole(path) as scratch:
        scratch.write_text("\n".join(_lines(report)) + "\n", encoding="utf-8")


def escaped(text: str) -> str:
    """The text in one line, with a backslash before whatever Markdown would take for markup."""
    return SPECIAL.sub(lambda found: f"\\{found[0]}", " ".join(without_controls(text).split()))


def grid(table: PaperTable) -> Iterator[str]:
    """A paper's table: a line a row, and of each column ours and the paper's."""
    return rows(table.flat(), 1)


def rows(lines: Sequence[Sequence[str]], fixed: int) -> Iterator[str]:
    """A table of texts, the first line its head: the first `fixed` columns to the left, figures to the right."""
    head, *body = lines
    yield _row([escaped(text) for text in head])
    yield _row(["---" if place < fixed else "---:" for place in range(len(head))])
    for line in body:
        yield _row([escaped(text) for text in line])


def _lines(report: Report) -> Iterator[str]:
    yield f"# {escaped(report.title)}"
    yield ""
    fixed = keys(report)
    yield _row([escaped(name) for name in header(report)])
    yield _row(["---" if place < fixed else "---:" for place in range(len(header(report)))])
    for place, row in enumerate(cells(report)):
        strong = fixed + 1 if bold(report, place) else 0  # what the row is, and the figure that is better
        yield _row([f"**{escaped(c)}**" if k < strong and c.strip() else escaped(c) for k, c in enumerate(row)])
    yield ""
    for note in footnotes(report):
        yield f"- {escaped(note)}"
    for table in paper_tables(report):
        yield ""
        yield f"## {escaped(table.caption)}"
        yield ""
        yield from grid(table)
    if missing := losses(report):
        yield ""
        yield "## Missing"
    for name, reason, command in missing:
        yield ""
        yield f"- **{escaped(name)}**: {escaped(reason)}"
        if command:
            yield from _code(command)
    yield ""
    yield f"Made by fer-report, {report.created}."


def _row(texts: list[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _code(command: str) -> Iterator[str]:
    """A block inside of a list's item; its fence is longer than any inside of the command."""
    fence = "`" * max(3, 1 + max((len(ticks) for ticks in re.findall("`+", command)), default=0))
    yield ""
    for line in (f"{fence}sh", *map(without_controls, command.splitlines()), fence):
        yield f"  {line}"
