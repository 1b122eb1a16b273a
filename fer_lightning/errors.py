"""The one exception for mistakes that a user can mend; commands print its text without a traceback."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from fer_lightning.control_characters import without_controls_in_lines


class FerError(Exception):
    """A wrong file, key or combination: the message names it, the choices and the way out.

    Args:
        message: shown to the user, without the control characters of names in it.
    """

    def __init__(self, message: object) -> None:
        super().__init__(without_controls_in_lines(str(message)))


def underlying_mistake(failure: BaseException) -> FerError | None:
    """The FerError that was raised inside, where a library has wrapped it into an exception of its own."""
    inner: BaseException | None = failure
    while inner is not None and not isinstance(inner, FerError):
        inner = inner.__cause__ or inner.__context__
    return inner


def first_few(names: Sequence[str], most: int = 3) -> str:
    """`a, b, c and 11 more`: what a message names of many."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def choices(names: Iterable[object], wrong: object | None = None) -> str:
    """`a, b, c` for an error message, with the likeliest ones named when `wrong` looks like a slip of them."""
    known = [str(name) for name in names]
    listed = ", ".join(known) if known else "none"
    close = get_close_matches(str(wrong), known, n=2, cutoff=0.7) if wrong is not None else []
    return f"{listed} (did you mean {' or '.join(close)}?)" if close else listed
