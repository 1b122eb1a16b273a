"""The exception for errors that a user can correct; commands print its message without a traceback."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from fer_lightning.control_characters import without_controls_in_lines


class FerError(Exception):
    """A wrong file, key or combination: the message names it, the choices and a remedy.

    Args:
        message: shown to the user, without the control characters of names in it.
    """

    def __init__(self, message: object) -> None:
        super().__init__(without_controls_in_lines(str(message)))


def underlying_mistake(failure: BaseException) -> FerError | None:
    """The FerError that caused an exception, where a library has wrapped it."""
    inner: BaseException | None = failure
    while inner is not None and not isinstance(inner, FerError):
        inner = inner.__cause__ or inner.__context__
    return inner


def first_few(names: Sequence[str], most: int = 3) -> str:
    """`a, b, c and 11 more`: a short list for a message."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def choices(names: Iterable[object], wrong: object | None = None) -> str:
    """`a, b, c` for an error message, with the closest matches of `wrong`."""
    known = [str(name) for name in names]
    listed = ", ".join(known) if known else "none"
    close = get_close_matches(str(wrong), known, n=2, cutoff=0.7) if wrong is not None else []
    return f"{listed} (did you mean {' or '.join(close)}?)" if close else listed
