"""Plain JSON values: made from numpy ones, compared with the annotations of a dataclass, and written."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import numpy as np

from fer_lightning.atomic_write import atomic_write
from fer_lightning.control_characters import without_controls_in_lines


def plain(value: Any) -> Any:
    """The value without numpy, tuples and paths; NaN and infinity, which JSON lacks, become None."""
    if isinstance(value, Mapping):
        return {str(key): plain(v) for key, v in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def printable(value: Any) -> Any:
    """Plain values with no control characters in any text or key: a stranger's file may hold them."""
    if isinstance(value, str):
        return without_controls_in_lines(value)
    if isinstance(value, Mapping):
        return {printable(key): printable(v) for key, v in value.items()}
    return [printable(v) for v in value] if isinstance(value, list) else value


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Writes plain values whole or not at all, indented, as UTF-8."""
    with atomic_write(path) as scratch, scratch.open("w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=2, ensure_ascii=False, allow_nan=False)
        stream.write("\n")


def fault(value: Any, hint: Any, name: str) -> str | None:
    """The innermost part of `value` that is not of the type `hint`, as in `metrics['test/ece']`; None when all is."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind is UnionType:
        faults = [fault(value, option, name) for option in inner]
        return None if None in faults else name
    if kind is dict and isinstance(value, dict):
        return next(filter(None, (fault(v, inner[1], f"{name}[{key!r}]") for key, v in value.items())), None)
    if kind is list and isinstance(value, list):
        return next(filter(None, (fault(v, inner[0], f"{name}[{i}]") for i, v in enumerate(value))), None)
    if kind is Any:
        return None
    # True is an int to Python, but no count
    fits = isinstance(value, (int, float) if kind is float else kind) and not isinstance(value, bool)
    return None if fits else name
