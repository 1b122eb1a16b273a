"""How a folder is named into which a run was moved, for another run took its place."""

from __future__ import annotations

import re
from collections.abc import Container

ARCHIVED = re.compile(r"(?P<of>.+)\.[0-9a-f]{16}(\.\d+)?")  # <folder>.<config_hash>, and a number from the second on


def is_archived(name: str, beside: Container[str]) -> bool:
    """Whether a folder of this name was moved away from one of those beside it."""
    found = ARCHIVED.fullmatch(name)
    return found is not None and found["of"] in beside
