"""Maps a data set's own words for classes and splits to those of this package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fer_lightning.data.expressions import EXPRESSIONS, expression
from fer_lightning.data.names import plain_text
from fer_lightning.errors import FerError, choices

SPLIT_NAMES = ("train", "val", "test")
# how people spell the three sides, in small letters
SPLIT_SPELLINGS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "eval"), "test"),
}
EVAL = "eval"  # people call the test side so, or the validation side beside one called test
SHOWN = 50  # characters of a word in messages


def map_label(word: str, labels: Mapping[str, str] | None, where: str) -> str:
    """The class that a word stands for; "" for the empty word, which says that an image has no label.

    Args:
        word: the data set's own.
        labels: word -> class; None where every word speaks for itself.
        where: the word's place, for messages.

    Raises:
        FerError: the word is not in `labels`.
    """
    if labels is None or not word:
        return standardise_name(word)
    known = {plain_text(str(own)): name for own, name in labels.items()}  # a YAML key 1 is a number
    if word not in known:
        raise FerError(f"{where}: label '{word[:SHOWN]}' is not in data.faces.labels: {choices(known, word[:SHOWN])}")
    return standardise_name(known[word])


def standardise_name(word: str) -> str:
    """The vocabulary's word where it has one for `word`, whatever the spelling; else the word itself, as plain text."""
    try:
        return expression(word)
    except FerError:
        return plain_text(word)


def map_split(word: str, splits: Mapping[str, str] | None, where: str) -> str:
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
    own = {plain_text(str(name)): meant for name, meant in (splits or {}).items()}
    if wrong := [meant for meant in own.values() if meant not in SPLIT_NAMES]:
        raise FerError(f"data.faces.splits leads to {wrong[0]}: choose among {choices(SPLIT_NAMES, wrong[0])}")
    found = own.get(word) or SPLIT_SPELLINGS.get(word.lower())
    if found is None:
        known = choices([*SPLIT_SPELLINGS, *own], word[:SHOWN])
        raise FerError(
            f"{where}: split '{word[:SHOWN]}' is none of {known}; data.faces.splits gives words a meaning, and "
            "data.faces.pattern with a group (?P<subject>...) reads folders of people"
        )
    return found


def map_splits(words: Sequence[str], splits: Mapping[str, str] | None, where: str | Sequence[str]) -> list[str]:
    """`side` of each word, where `eval` beside a test side is the validation side.

    Args:
        words: the data set's own.
        splits: word -> side, beside the usual spellings.
        where: the place of all words, or of each, for messages.

    Raises:
        FerError: as of `side`; `eval` stands beside both a validation and a test side.
    """
    places = [where] * len(words) if isinstance(where, str) else where
    meant: dict[str, str] = {}
    for word, place in zip(words, places, strict=True):
        if word not in meant:
            meant[word] = map_split(word, splits, place)
    unclear = [word for word in meant if word.lower() == EVAL and word not in (splits or {})]
    clear = {meant[word] for word in meant if word not in unclear}
    if unclear and {"val", "test"} <= clear:
        raise FerError(
            f"{places[words.index(unclear[0])]}: {unclear[0]} beside a validation and a test side; "
            f"data.faces.splits={{{unclear[0]}: SIDE}} says which it is, or rename it"
        )
    if unclear and "test" in clear:
        meant |= dict.fromkeys(unclear, "val")
    return [meant[word] for word in words]


def order_classes(names: Iterable[str]) -> tuple[str, ...]:
    """Each class once: the vocabulary's words in its order, then the others sorted; "" is no class."""
    distinct = set(names) - {""}
    return (*(name for name in EXPRESSIONS if name in distinct), *sorted(distinct - set(EXPRESSIONS)))
