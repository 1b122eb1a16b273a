"""Converts names of files, folders, people and classes to plain text."""

from __future__ import annotations

import unicodedata
from pathlib import Path

UNPRINTABLE = ("Cc", "Cs")  # control characters, and the surrogates that stand for bytes that are not UTF-8
UNDECODED = {chr(0xDC00 + byte) for byte in range(0x80, 0x100)}  # PEP 383: such bytes in the names of files


def plain_text(name: str) -> str:
    r"""Converts a name to text that any file, terminal and database accepts; equal names become equal text.

    Accents are composed (NFC), because macOS decomposes them in file names. A byte that is not UTF-8 becomes `\xe9`,
    and a control character `\n` or `\x1b`.
    """
    shown = name if name.isprintable() else "".join(map(_escaped, name))
    return unicodedata.normalize("NFC", shown)


def path_text(path: Path, root: Path) -> str:
    """The path below `root` as plain text with slashes."""
    return plain_text(path.relative_to(root).as_posix())


def _escaped(character: str) -> str:
    if unicodedata.category(character) not in UNPRINTABLE:
        return character
    if character in UNDECODED:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode("ascii")
