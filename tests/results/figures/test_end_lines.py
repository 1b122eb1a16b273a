"""Names below pictures keep their ends."""

from __future__ import annotations

import numpy as np
import pytest
from legible import words

from fer_lightning.results import style
from fer_lightning.results.figures.duplicates import Copies, copies_page
from fer_lightning.results.figures.preprocessing import Step, step_rows

CKPLUS = ("S005/001/S005_001_00000008.png", "S010/002/S010_002_00000008.png")


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("abcd", ["abcd"]),
        ("abcde", ["a", "bcde"]),
        ("abcdefgh", ["abcd", "efgh"]),
        ("abcdefghi", ["…cde", "fghi"]),  # an ellipsis is as wide as a letter
        ("", [""]),
    ],
)
def test_lines_of_four_letters_by_hand(monkeypatch, name, lines):
    monkeypatch.setattr(style, "text_width", lambda text, size: len(text))
    assert style.end_lines(name, 4, 9) == lines


def test_two_names_of_ckplus_are_told_apart_below_their_pictures():
    pictures = (np.zeros((48, 48), dtype=np.uint8), np.ones((48, 48), dtype=np.uint8))
    pair = Copies(pictures, CKPLUS, ("happy", "happy"), 1.0, mirrored=False, exact=True, sides="within")
    steps = [Step("as read", list(pictures))]
    for figure in (copies_page([pair]), step_rows(steps, ["happy", "happy"], list(CKPLUS))):
        said = words(figure)
        assert len([word for word in said if word.endswith("8.png")]) == 2
        before = [said[place - 1] + said[place] for place, word in enumerate(said) if word.endswith("8.png")]
        assert all(name.endswith(shown.removeprefix("…")) for name, shown in zip(CKPLUS, before, strict=True))
        assert before[0] != before[1]
