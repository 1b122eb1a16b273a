"""The expression vocabulary onto which every data set maps its labels, and the sets of classes that papers use."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fer_lightning.errors import FerError, choices

EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")

# How data sets, papers and folders of other people spell the same eight expressions.
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
HELD = "held"  # the classes that the files hold: only the reader of these files can say which
BASIC = EXPRESSIONS[:6]
CLASS_SETS = {
    "6": BASIC,
    "7_neutral": (*BASIC, "neutral"),
    "7_contempt": (*BASIC, "contempt"),
    "8": EXPRESSIONS,
}


def expression(name: str) -> str:
    """The vocabulary's word for `name`, whatever its case or spelling.

    Raises:
        FerError: the name is no expression of the vocabulary.
    """
    word = name.strip().lower()
    word = SPELLINGS.get(word, word)
    if word not in EXPRESSIONS:
        raise FerError(f"'{name}' is no expression: choose among {choices(EXPRESSIONS, word)}")
    return word


def select_columns(
    shares: npt.NDArray[np.float32] | None, names: Sequence[str], wanted: Sequence[str]
) -> npt.NDArray[np.float32] | None:
    """Shares (N, names) as shares (N, wanted) that sum to 1 again; rows without a wanted class stay zeros.

    None, where a data set has no shares, stays None.
    """
    if shares is None:
        return None
    picked = shares[:, [list(names).index(name) for name in wanted]]
    total = picked.sum(axis=1, keepdims=True)
    result: npt.NDArray[np.float32] = np.divide(picked, total, out=np.zeros_like(picked), where=total > 0)
    return result


def relabel(labels: npt.NDArray[np.int64], names: Sequence[str], wanted: Sequence[str]) -> npt.NDArray[np.int64]:
    """Labels counted in `names` as labels counted in `wanted`, matched by name; -1 where the class is not wanted.

    Args:
        labels: (N,) numbers into `names`; -1 stays -1.
        names: the class names that `labels` count.
        wanted: the class names that the result counts.
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
