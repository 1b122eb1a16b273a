"""The expression vocabulary onto which every data set maps its labels, and the sets of classes that papers use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fer_lightning.errors import FerError, choices

EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")

# other spellings of the eight expressions in data sets, papers and folders
SPELLINGS = {
    "anger": "angry",
    "disgusted": "disgust",
    "fearful": "fear",
    "afraid": "fear",
    "happiness": "happy",
    "joy": "happy",
    "sadness": "sad",
    "surprised": "surprise",
}
HELD = "held"  # the classes that the files hold, which only their reader knows
BASIC = EXPRESSIONS[:6]
CLASS_SETS = {
    "6": BASIC,
    "7_neutral": (*BASIC, "neutral"),
    "7_contempt": (*BASIC, "contempt"),
    "8": EXPRESSIONS,
}


def expression(name: str) -> str:
    """The vocabulary's name of an expression in any case and spelling.

    Raises:
        FerError: the name is not an expression of the vocabulary.
    """
    word = name.strip().lower()
    word = SPELLINGS.get(word, word)
    if word not in EXPRESSIONS:
        raise FerError(f"'{name}' is not an expression: choose among {choices(EXPRESSIONS, word)}")
    return word


def select_columns(
    shares: npt.NDArray[np.float32] | None, names: Sequence[str], wanted: Sequence[str]
) -> npt.NDArray[np.float32] | None:
    """Selects the wanted columns of shares (N, names), which then sum to 1 again; rows without a share are zeros.

    None, for a data set without shares, is returned as it is.
    """
    if shares is None:
        return None
    picked = shares[:, [list(names).index(name) for name in wanted]]
    total = picked.sum(axis=1, keepdims=True)
    result: npt.NDArray[np.float32] = np.divide(picked, total, out=np.zeros_like(picked), where=total > 0)
    return result


def relabel(labels: npt.NDArray[np.int64], names: Sequence[str], wanted: Sequence[str]) -> npt.NDArray[np.int64]:
    """Maps indices into `names` to indices into `wanted` by name; -1 for a class that is not wanted.

    Args:
        labels: (N,) indices into `names`; -1 stays -1.
        names: the class names of `labels`.
        wanted: the class names of the result.
    """
    table = np.array([*(wanted.index(n) if n in wanted else -1 for n in names), -1], dtype=np.int64)
    return table[labels]


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
