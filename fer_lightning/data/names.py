"""Makes text of names: of files, folders, people and classes."""

from __future__ import annotations

import unicodedata
from pathlib import Path

UNPRINTABLE = ("Cc", "Cs")  # control characters, and the surrogates that stand for bytes that are no UTF-8
UNDECODED = {
    chr(0xDC00 + byte) for byte in range(0x80, 0x100)
}  # PEP 383: how Python keeps such a byte of a file's name


def plain_text(name: str) -> str:
    r"""The name as any file, screen and database takes it, and equal names as equal text.

    Accents are composed (NFC), for macOS writes file names in one form and keyboards type the other. A byte that is no
    UTF-8, as Python has it from a file's name, becomes `\xe9`, and a control character `\n` or `\x1b`.
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
