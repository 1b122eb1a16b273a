"""Prints lines and tables: with styles in a terminal, plain and never wrapped on every other stream."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from fer_lightning.control_characters import without_controls

WIDEST = 100_000  # cells: a table that is rendered this wide has no cell folded


def takes_unicode(stream: TextIO) -> bool:
    """Whether the stream writes UTF-8; one that does not say is taken to."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-") in ("utf-8", "utf8")


def is_terminal(stream: TextIO) -> bool:
    """Whether the stream shows styles and box characters."""
    return stream.isatty() and takes_unicode(stream)


def print_lines(lines: Iterable[Text], stream: TextIO) -> None:
    """Prints the lines, each in one piece, so that paths and commands can be copied; styles go to terminals alone."""
    if not is_terminal(stream):
        write_plain((line.plain for line in lines), stream)
        return
    console = Console(file=stream)
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def write_plain(lines: Iterable[str], stream: TextIO) -> None:
    """Writes the lines unwrapped and without control characters.

    What the stream cannot hold is escaped: the work is done, its table must not fail.
    """
    encoding = "utf-8" if takes_unicode(stream) else "ascii"
    stream.write("\n".join(map(without_controls, lines)).encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()


def table_lines(table: Table) -> list[Text]:
    """The table as lines of its full width, whatever the width of the terminal, without blanks at their ends."""
    console = Console(file=io.StringIO(), width=WIDEST, color_system=None)
    lines = []
    for segments in console.render_lines(table, pad=False):
        line = Text.assemble(*((segment.text, segment.style or "") for segment in segments))
        line.rstrip()
        lines.append(line)
    return lines


def text_table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    text_columns: int = 1,
    min_width: int = 0,
    head_style: str = "",
    bold_row: int | None = None,
) -> Table:
    """A table without rules: the first columns are text and start at the left, figures end at the right.

    Args:
        head: the names of the columns.
        rows: a text per column.
        text_columns: how many of the first columns are text.
        min_width: of the first column, in cells.
        head_style: of the names.
        bold_row: the place of the row that stands out.
    """
    table = Table(box=None, pad_edge=False, show_edge=False, header_style=head_style)
    for place, name in enumerate(head):
        is_text = place < text_columns
        least = 0 if place else min_width
        table.add_column(rich_text(name), justify="left" if is_text else "right", overflow="fold", min_width=least)
    for place, row in enumerate(rows):
        table.add_row(*map(rich_text, row), style="bold green" if place == bold_row else "")
    return table


def pair_line(name: str, value: str, width: int, style: str = "") -> Text:
    """A name, filled up with blanks to a width in cells, and its value."""
    return Text.assemble((padded(without_controls(name), width), style), "  ", rich_text(value))


def padded(text: str, width: int) -> str:
    """The text with blanks behind it, up to `width` cells of a terminal."""
    return text + " " * (width - cell_len(text))


def rich_text(text: str, style: str = "") -> Text:
    """A line for a terminal, without control characters."""
    return Text(without_controls(text), style=style)
