"""Takes control characters out of text that files bring along: names, overrides, logs; for every room."""

from __future__ import annotations

import logging
import re

# what moves the cursor, recolours or retitles a terminal (C0, DEL, C1), and what makes text read in another order
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]")
SURROGATES = re.compile(r"[\ud800-\udfff]")  # bytes of a file name that are no UTF-8, which no stream writes


def without_controls(text: str) -> str:
    """The text in one line: breaks and tabs become blanks, other control characters go, lone surrogates become �."""
    if text.isprintable():  # as nearly all is
        return text
    return SURROGATES.sub("\N{REPLACEMENT CHARACTER}", CONTROLS.sub("", BREAKS.sub(" ", text)))


def without_controls_in_lines(text: str) -> str:
    """The same of text that has several lines: those stay."""
    return "\n".join(map(without_controls, text.split("\n")))


class CleanFormatter(logging.Formatter):
    """Formats log records as `logging.Formatter` does, and lets no control character of a name through."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's text."""
        return without_controls_in_lines(super().format(record))
