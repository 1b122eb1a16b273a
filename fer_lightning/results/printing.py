"""What every printed table needs: whether the stream takes Unicode, plain lines on any stream, aligned cells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TextIO

from rich.cells import cell_len
from rich.text import Text

from fer_lightning.control_characters import without_controls


def takes_unicode(stream: TextIO) -> bool:
    """Whether the stream writes UTF-8; one that does not say is taken to."""
    return (getattr(stream, "encoding", None) or "utf-8").lower().replace("_", "-") in ("utf-8", "utf8")


def write_plain(lines: Iterable[str], stream: TextIO) -> None:
    """Writes the lines unwrapped and without control characters.

    What the stream cannot hold is escaped: the work is done, its table must not fail.
    """
    encoding = "utf-8" if takes_unicode(stream) else "ascii"
    stream.write("\n".join(map(without_controls, lines)).encode(encoding, "backslashreplace").decode(encoding) + "\n")
    stream.flush()


def rich_text(text: str, style: str = "") -> Text:
    """A line for a terminal, without control characters."""
    return Text(without_controls(text), style=style)


def padded(text: str, width: int) -> str:
    """The text with blanks behind it, up to `width` cells of a terminal."""
    return text + " " * (width - cell_len(text))
