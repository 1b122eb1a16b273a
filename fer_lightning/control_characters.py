"""Removes control characters from text of files: names, overrides, logs; for every room."""

from __future__ import annotations

import logging
import re

# what moves the cursor, recolours or retitles a terminal (C0, DEL, C1), and what makes text read in another order
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]")
SURROGATES = re.compile(r"[\ud800-\udfff]")  # bytes of a file name that are no UTF-8, which no stream writes


def without_controls(text: str) -> str:
    """The text in one line without control characters; line breaks and tabs become spaces, lone surrogates �."""
    if text.isprintable():  # as nearly all is
        return text
    return SURROGATES.sub("\N{REPLACEMENT CHARACTER}", CONTROLS.sub("", BREAKS.sub(" ", text)))


def without_controls_in_lines(text: str) -> str:
    """The same for text of several lines, which are kept."""
    return "\n".join(map(without_controls, text.split("\n")))


class CleanFormatter(logging.Formatter):
    """Formats log records as `logging.Formatter` does, without control characters."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's text."""
        return without_controls_in_lines(super().format(record))
