"""What a run was asked for, as one text a key: the options of its groups, and what was typed beside them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

INTEGER = re.compile(r"[-+]?(0|[1-9]\d*)")
REAL = re.compile(r"[-+]?(\d+\.\d*|\.\d+|\d+(?=[eE]))([eE][-+]?\d+)?")
WORDS = {"true": "true", "false": "false", "null": "null", "~": "null"}


def settings(choices: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, str]:
    """Group or dotted key -> what was chosen; a later word wins, and every word wins over the option of a group.

    Args:
        choices: group -> option; a group without one is left out.
        overrides: as typed: `key=value`, `+key=value`, `++key=value`, `~key`.
    """
    chosen = {group: canonical(option) for group, option in choices.items() if option is not None}
    for word in overrides:
        key, _, value = word.partition("=")
        if word.startswith("~"):
            chosen.pop(key[1:], None)
        else:
            chosen[key.lstrip("+")] = canonical(value)
    return chosen


def canonical(value: Any) -> str:
    """One text for what means the same: `0.001` for `1e-3`, `[a,b]` for `[a, b]` and for a list, `a b` for `'a b'`."""
    if isinstance(value, list | tuple):
        return f"[{','.join(map(canonical, value))}]"
    if isinstance(value, Mapping):
        return f"{{{','.join(f'{key}:{canonical(v)}' for key, v in value.items())}}}"
    if not isinstance(value, str):
        return json.dumps(value)
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if INTEGER.fullmatch(text):
        return str(int(text))
    if REAL.fullmatch(text):
        return repr(float(text))
    if text[:1] in ("[", "{"):
        return re.sub(r"\s*([\[\]{},:])\s*", r"\1", text)
    return WORDS.get(text.lower(), text)


def in_config(config: Mapping[str, Any], key: str) -> str:
    """The value at a dotted key of a resolved config; "" where there is none, or a whole branch."""
    node: Any = config
    for part in key.split("."):
        if not isinstance(node, Mapping) or part not in node:
            return ""
        node = node[part]
    return "" if isinstance(node, Mapping) else canonical(node)


def leaves(config: Mapping[str, Any], place: str = "") -> dict[str, str]:
    """Every dotted key of a resolved config -> its value."""
    found: dict[str, str] = {}
    for key, value in config.items():
        inner = f"{place}{key}"
        if isinstance(value, Mapping):
            found |= leaves(value, f"{inner}.")
        else:
            found[inner] = canonical(value)
    return found
