"""Says what a data set's own words for classes and sides mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fer_lightning.data.expressions import EXPRESSIONS, expression
from fer_lightning.errors import FerError, choices

SIDES = ("train", "val", "test")
# how people spell the three sides, in small letters
SPLITS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
}
SHOWN = 50  # characters of a word in messages


def class_name(word: str, labels: Mapping[str, str] | None, where: str) -> str:
    """The class that a word stands for; "" for the empty word, which says that an image has no label.

    Args:
        word: the data set's own.
        labels: word -> class; None where every word speaks for itself.
        where: the word's place, for messages.

    Raises:
        FerError: the word is not in `labels`.
    """
    if labels is None or not word:
        return spelled(word)
    known = {str(own): name for own, name in labels.items()}  # a YAML key 1 is a number
    if word not in known:
        raise FerError(f"{where}: label '{word[:SHOWN]}' is not in data.faces.labels: {choices(known, word[:SHOWN])}")
    return spelled(known[word])


def spelled(word: str) -> str:
    """The vocabulary's word where it has one for `word`, whatever the spelling; else the word itself."""
    try:
        return expression(word)
    except FerError:
        return word


def side(word: str, splits: Mapping[str, str] | None, where: str) -> str:
    """`train`, `val` or `test` for a data set's word; "" for the empty word, which names no side.

    Args:
        word: the data set's own.
        splits: word -> side, beside the usual spellings.
        where: the word's place, for messages.

    Raises:
        FerError: the word names no side, or `splits` leads to something else.
    """
    if not word:
        return ""
    own = {str(name): meant for name, meant in (splits or {}).items()}
    if wrong := [meant for meant in own.values() if meant not in SIDES]:
        raise FerError(f"data.faces.splits leads to {wrong[0]}: choose among {choices(SIDES, wrong[0])}")
    found = own.get(word) or SPLITS.get(word.lower())
    if found is None:
        known = choices([*SPLITS, *own], word[:SHOWN])
        raise FerError(f"{where}: split '{word[:SHOWN]}' is none of {known}; data.faces.splits gives words a meaning")
    return found


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Each class once: the vocabulary's words in its order, then the others sorted; "" is no class."""
    distinct = set(names) - {""}
    return (*(name for name in EXPRESSIONS if name in distinct), *sorted(distinct - set(EXPRESSIONS)))
