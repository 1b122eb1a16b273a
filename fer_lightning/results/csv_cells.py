"""Cells of CSV files that a spreadsheet may open: text stays text, whatever it begins with."""

from __future__ import annotations

import re

from fer_lightning.control_characters import without_controls_in_lines

FORMULA = re.compile(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]")  # full-width signs too: some spreadsheets take them alike
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def csv_cell(value: object) -> object:
    """The value as it may stand in a cell: text that a spreadsheet would run as a formula begins with an apostrophe.

    Numbers stay numbers, also as text, and control characters go. OWASP, "CSV injection".
    """
    if not isinstance(value, str):
        return value
    text = without_controls_in_lines(value)
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text
