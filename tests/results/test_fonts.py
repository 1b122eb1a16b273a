"""Letters that DejaVu Sans lacks come from installed fonts; where none has them, one line says so."""

from __future__ import annotations

import logging
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager

from fer_lightning.results import fonts
from fer_lightning.results.figures.confusion import confusion_matrix
from fer_lightning.results.figures.layout import save
from fer_lightning.results.figures.recalls import recall_bars
from fer_lightning.results.fonts import BASE, families, letters_of

COUNTS = np.array([[3, 1], [2, 4]])
NAMES = ["高兴", "悲伤"]


def draw_font(path: Path, letters: str) -> Path:
    """A font in which each of the letters is a square."""
    glyphs = [".notdef", *(f"u{ord(letter):X}" for letter in letters)]
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 800), (800, 800), (800, 0)):
        pen.lineTo(corner)
    pen.closePath()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(glyphs)
    font.setupCharacterMap({ord(letter): f"u{ord(letter):X}" for letter in letters})
    font.setupGlyf(dict.fromkeys(glyphs, pen.glyph()))
    font.setupHorizontalMetrics(dict.fromkeys(glyphs, (1000, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": path.stem, "styleName": "Regular", "fullName": path.stem, "psName": path.stem})
    font.setupOS2()
    font.setupPost()
    font.save(path)
    return path


@pytest.fixture
def install(monkeypatch):
    """A function after which the machine has these fonts beside matplotlib's own, and no others."""

    def only(*paths: Path) -> None:
        monkeypatch.setattr(fonts, "findSystemFonts", lambda: list(map(str, paths)))

    monkeypatch.setattr(fontManager, "ttflist", [font for font in fontManager.ttflist if "mpl-data" in font.fname])
    monkeypatch.setattr(fonts, "_reported", set())
    for kept in (fonts._installed, fonts._family_with):
        kept.cache_clear()
    only()
    yield only
    for kept in (fonts._installed, fonts._family_with):
        kept.cache_clear()


def test_letters_come_from_the_installed_fonts_that_have_them(tmp_path, install, caplog):
    install(draw_font(tmp_path / "Aaa.ttf", "悲"), draw_font(tmp_path / "Bbb.ttf", "高兴悲伤"))
    assert families(set("happy é ß λ ж")) == [BASE]
    assert families(set("happy 高")) == [BASE, "Bbb"]
    assert families(set("悲")) == [BASE, "Aaa"]
    save(confusion_matrix(COUNTS, NAMES), tmp_path / "with.png")
    assert caplog.records == []


def test_a_figure_shows_the_letters(tmp_path, install):
    install(draw_font(tmp_path / "Bbb.ttf", "高兴悲伤"))
    figure = confusion_matrix(COUNTS, NAMES)
    drawn = [label.get_fontfamily() for label in figure.axes[0].get_yticklabels()]
    assert drawn == [[BASE, "Bbb"]] * 2


def test_without_such_a_font_one_line_says_so_and_matplotlib_nothing(tmp_path, install, caplog):
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        for draw in (confusion_matrix, recall_bars):
            save(draw(COUNTS, NAMES), tmp_path / "without.png")
    (record,) = caplog.records
    assert "no installed font has 伤 兴 悲 高: figures show boxes in their place" in record.getMessage()


def test_a_damaged_font_is_passed_over(tmp_path, install):
    (tmp_path / "Aaa.ttf").write_bytes(b"\x00\x01\x00\x00 no font")
    install(tmp_path / "Aaa.ttf", tmp_path / "gone.ttf", draw_font(tmp_path / "Bbb.ttf", "高"))
    assert families({"高"}) == [BASE, "Bbb"]


def test_letters_are_found_at_any_depth():
    @dataclass
    class Row:
        name: str
        value: float = 0.5

    given = [(Row("a"), {"b": ["c", None, 3]}), {"d"}, np.array(["e", "f"]), np.zeros(3), Path("g"), Row]
    assert letters_of(given) == set("abcdefg")
