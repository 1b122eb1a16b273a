"""Sets of classes that papers name when they use CK+."""

from __future__ import annotations

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.errors import FerError, choices

HELD = "held"  # the classes that the files hold: only the reader of these files can say which
BASIC = EXPRESSIONS[:6]
CLASS_SETS = {
    "6": BASIC,
    "7_neutral": (*BASIC, "neutral"),
    "7_contempt": (*BASIC, "contempt"),
    "8": EXPRESSIONS,
}


def class_set(name: str | int | None) -> tuple[str, ...]:
    """The class names of a set, in the vocabulary's order.

    Args:
        name: `6` the basic expressions, `7_neutral` (paper A), `7_contempt` (paper B) or `8`; YAML may make 6 a number.

    Raises:
        FerError: there is no such set.
    """
    if str(name) not in CLASS_SETS:
        raise FerError(
            f"data.classes={'null' if name is None else name}: choose among {choices([HELD, *CLASS_SETS], name)}"
        )
    return CLASS_SETS[str(name)]
