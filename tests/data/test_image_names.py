"""Names become text that files, screens and comparisons take."""

from __future__ import annotations

import os

import pytest

from fer_lightning.data.names import path_text, plain_text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("plain name.png", "plain name.png"),
        ("fro\u0308hlich", "fr\u00f6hlich"),
        ("\u559c\u3073", "\u559c\u3073"),
        ("wide\u3000space", "wide\u3000space"),
        (os.fsdecode(b"caf\xe9"), r"caf\xe9"),
        ("two\nlines\tand \x1b[31mred", r"two\nlines\tand \x1b[31mred"),
        ("lone \ud800", r"lone \ud800"),
    ],
)
def test_a_name_as_text(name, text):
    assert plain_text(name) == text
    assert plain_text(text) == text
    plain_text(name).encode("utf-8")


def test_a_path_as_text(tmp_path):
    assert path_text(tmp_path / "u\u0308" / os.fsdecode(b"\xff.png"), tmp_path) == r"\u00fc/\xff.png".replace(
        r"\u00fc", "\u00fc"
    )
