"""Puts a text into quotes for Hydra, to which a comma, an equals sign or a bracket in it would be grammar."""

from __future__ import annotations

import os
import re


def quote(text: str | os.PathLike[str], mark: str = "'") -> str:
    """The text as Hydra and OmegaConf give it back, whatever signs are in it.

    Args:
        text: a path or a name.
        mark: `'`, or `"` where a shell's own quotes are to stand around it.
    """
    # `${` would be looked up, and a quote ends the text: both after a backslash, before which backslashes count double
    literal = re.sub(r"(\\*)\$\{", lambda found: f"{found[1] * 2}\\${{", str(text))
    inner = re.sub(rf"(\\*)({mark}|\Z)", lambda found: found[1] * 2 + (f"\\{mark}" if found[2] else ""), literal)
    return f"{mark}{inner}{mark}"
