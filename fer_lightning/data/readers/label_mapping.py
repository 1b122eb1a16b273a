"""Maps a data set's own words for classes and splits to those of this package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from fer_lightning.data.expressions import EXPRESSIONS, expression
from fer_lightning.data.names import plain_text
from fer_lightning.errors import FerError, choices

SPLIT_NAMES = ("train", "val", "test")
# usual spellings of the three splits, in lower case
SPLIT_SPELLINGS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing", "eval"), "test"),
}
EVAL = "eval"  # the test split, or the validation split if another one is called test
SHOWN = 50  # characters of a word that messages show


def map_label(word: str, labels: Mapping[str, str] | None, where: str) -> str:
    """Maps a data set's word to a class name; "" for the empty word, which stands for an image without a label.

    Args:
        word: the data set's word.
        labels: word -> class name; None if every word is the name of its class.
        where: place of the word, for messages.

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
    """The vocabulary's name of an expression in any spelling; any other word as plain text."""
    try:
        return expression(word)
    except FerError:
        return plain_text(word)


def map_split(word: str, splits: Mapping[str, str] | None, where: str) -> str:
    """Maps a data set's word to `train`, `val` or `test`; "" for the empty word, which names no split.

    Args:
        word: the data set's word.
        splits: word -> split, in addition to the usual spellings.
        where: place of the word, for messages.

    Raises:
        FerError: the word names no split, or `splits` maps a word to something else.
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
    """Maps each word as `map_split` does, except that `eval` beside a test split is the validation split.

    Args:
        words: the data set's words.
        splits: word -> split, in addition to the usual spellings.
        where: place of all words, or of each word, for messages.

    Raises:
        FerError: as in `map_split`; or `eval` occurs beside both a validation and a test split.
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
            f"{places[words.index(unclear[0])]}: {unclear[0]} beside a validation and a test split; "
            f"data.faces.splits={{{unclear[0]}: SIDE}} says which it is, or rename it"
        )
    if unclear and "test" in clear:
        meant |= dict.fromkeys(unclear, "val")
    return [meant[word] for word in words]


def order_classes(names: Iterable[str]) -> tuple[str, ...]:
    """Each class name once: those of the vocabulary in its order, then the others sorted; "" is left out."""
    distinct = set(names) - {""}
    return (*(name for name in EXPRESSIONS if name in distinct), *sorted(distinct - set(EXPRESSIONS)))
