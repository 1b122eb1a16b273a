"""Escapes text for the file that it is written into: CSV, Markdown and LaTeX; control characters go."""

from __future__ import annotations

import re

from fer_lightning.control_characters import without_controls, without_controls_in_lines

FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")  # full-width signs too: some spreadsheets take them alike
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
# an underscore inside of a word, as in macro_f1, is text anyway
MARKDOWN = re.compile(r"[\\`*\[\]<>|~$#&]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
LATEX = {
    **{sign: f"\\{sign}" for sign in "{}$&#_%"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"{\char96}",  # \textasciigrave needs a font that small installations lack
    '"': r"{\char34}",  # babel takes it for an accent in some languages
    "±": r"$\pm$",
    **{sign: f"{{{sign}}}" for sign in "[]*"},  # after the end of a line they would be its arguments
}


def csv_cell(value: object) -> object:
    """The value as it may stand in a cell: text that a spreadsheet would run as a formula begins with an apostrophe.

    Numbers stay numbers, also as text, and control characters go. OWASP, "CSV injection".
    """
    if not isinstance(value, str):
        return value
    text = without_controls_in_lines(value)
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def markdown_text(text: str) -> str:
    """The text in one line, with a backslash before whatever Markdown would take for markup."""
    return MARKDOWN.sub(lambda found: f"\\{found[0]}", " ".join(without_controls(text).split()))


def latex_text(text: str) -> str:
    """The text in one line, with nothing in it that LaTeX would take for a command."""
    line = "".join(LATEX.get(sign, sign) for sign in " ".join(without_controls(text).split()))
    return line.replace("--", "-{}-{}")  # two hyphens would become a dash
