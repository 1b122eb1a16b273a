"""Finds installed fonts for letters that the figures' own font lacks."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

import numpy as np
from matplotlib.font_manager import FontEntry, findfont, findSystemFonts, fontManager, get_font

log = logging.getLogger(__name__)

BASE = "DejaVu Sans"  # ships with matplotlib: the same figure on every machine
PLACEHOLDER = "last resort"  # matplotlib's own, which draws a box for every letter
_reported: set[str] = set()


def families(letters: set[str]) -> list[str]:
    """DejaVu Sans, and after it the installed families with those of the letters that it lacks.

    The first time that no installed font has a letter, a warning says so.
    """
    missing = sorted(letter for letter in letters - _letters(findfont(BASE)) if letter.isprintable())
    found = {letter: _family_with(letter) for letter in missing}
    lacking = [letter for letter, family in found.items() if family is None]
    if lacking and not _reported:
        _reported.update(lacking)
        log.warning(
            "no installed font has %s: figures show boxes in their place; install a font for this script, such as "
            "Noto Sans",
            " ".join(lacking[:8]) + (" ..." if len(lacking) > 8 else ""),
        )
    return [BASE, *dict.fromkeys(family for family in found.values() if family is not None)]


def letters_of(value: Any) -> set[str]:
    """Every letter of the text in a value: in lists, maps, dataclasses and arrays, at any depth."""
    return set().union(*map(set, _texts(value)))


@contextmanager
def quiet_fonts() -> Iterator[None]:
    """Within, matplotlib says nothing of letters that are missing, which `families` does, nor of a missing bold."""
    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", r"Glyph .* missing from font")
            yield
    finally:
        logger.setLevel(level)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        yield from _texts([*value.keys(), *value.values()])
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, np.ndarray):
        yield from (map(str, value.flat) if value.dtype.kind in "UO" else ())
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))
    elif value is not None and hasattr(value, "__fspath__"):
        yield str(value)


@cache
def _family_with(letter: str) -> str | None:
    return next((font.name for font in _installed() if letter in _letters(font.fname)), None)


@cache
def _installed() -> list[FontEntry]:
    """One upright font of each family, sans serif first."""
    known = {font.fname for font in fontManager.ttflist}
    for path in findSystemFonts():
        if path not in known:  # installed since matplotlib listed the fonts
            _add(path)
    upright: dict[str, FontEntry] = {}
    for font in sorted(fontManager.ttflist, key=lambda font: (abs(_weight(font) - 400), font.fname)):
        if font.style == "normal" and PLACEHOLDER not in font.name.lower():
            upright.setdefault(font.name, font)
    return sorted(
        upright.values(), key=lambda font: (not font.name.startswith("Noto Sans"), "Sans" not in font.name, font.name)
    )


def _weight(font: FontEntry) -> int:
    return font.weight if isinstance(font.weight, int) else 400


def _add(path: str) -> None:
    try:
        fontManager.addfont(path)
    except (OSError, RuntimeError, NotImplementedError, KeyError):  # damaged, or of bitmaps
        log.debug("%s cannot be used", path)


@cache
def _letters(path: str) -> frozenset[str]:
    try:
        return frozenset(map(chr, get_font(path).get_charmap()))
    except (OSError, RuntimeError):
        return frozenset()
