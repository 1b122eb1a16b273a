"""Puts the paths of `ckpt=A.ckpt,B.ckpt` into quotes where they hold signs that are Hydra's own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from fer_lightning.run.quoting import quoted

KEY = "ckpt="
BETWEEN = re.compile(r"(?<=\.ckpt),")  # other commas are of a folder's name, as sweeps give them: loss=l1,seed=0
PLAIN = re.compile(r"[\w./+-]*")
WRITTEN = re.compile(r"""['"\[]|\w+\(""")  # as Hydra wants it: quotes, a list, choice(...)


def with_quotes(arguments: Sequence[str]) -> list[str]:
    """The arguments, so written that Hydra reads each path of a checkpoint as one text.

    A job of a sweep lies in a folder such as `logs/sweeps/nets/model=cnn,seed=0`.
    """
    return [_quoted(word) if word.startswith(KEY) else word for word in arguments]


def _quoted(word: str) -> str:
    value = word.removeprefix(KEY)
    if WRITTEN.match(value):
        return word
    return KEY + ",".join(path if PLAIN.fullmatch(path) else quoted(path) for path in BETWEEN.split(value))
