"""Packages outside fer_lightning whose nets a checkpoint may name: trusted by the user, or registered."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Sequence
from importlib import metadata
from importlib.util import find_spec
from typing import Any

from fer_lightning.errors import FerError

GROUP = "fer_lightning.nets"  # of entry points
DOTTED_NAME = re.compile(
    r"(?!__)[A-Za-z_]\w*(\.(?!__)[A-Za-z_]\w*)*", re.ASCII
)  # without `__main__`, which runs code when imported
IMPORT_ERRORS = (ImportError, AttributeError, NameError, SyntaxError, TypeError, ValueError)


def parse_trusted(trust: Any) -> tuple[str, ...]:
    """Parses `trust` into dotted names of packages, modules or classes.

    Raises:
        FerError: it is neither a name nor a list of names, or no such package can be imported.
    """
    names = [trust] if isinstance(trust, str) else list(trust or []) if isinstance(trust, Sequence | None) else [trust]
    for name in names:
        if not isinstance(name, str) or not DOTTED_NAME.fullmatch(name):
            raise FerError(f"trust={trust}: name packages of yours, as in trust=[mypackage]")
        package = name.partition(".")[0]
        if not _is_importable(package):
            raise FerError(f"trust=[{','.join(names)}]: no package {package} to import; install it, or set PYTHONPATH")
    return tuple(names)


def is_inside(name: str, place: str) -> bool:
    """Whether a dotted name equals `place` or is inside it."""
    return name == place or name.startswith(f"{place}.")


def find_registered(target: str) -> str | None:
    """Returns the registered entry point that contains `target`, after importing its module; None if none does.

    Raises:
        FerError: the registered module cannot be imported.
    """
    for entry in metadata.entry_points(group=GROUP):
        place = f"{entry.module}.{entry.attr}" if entry.attr else entry.module
        if is_inside(target, place):
            try:
                importlib.import_module(entry.module)
            except IMPORT_ERRORS as absent:
                raise FerError(
                    f"{entry.module} cannot be imported ({absent}), which the entry point {entry.name} of {GROUP} "
                    "names; install its package again"
                ) from absent
            return place
    return None


def _is_importable(package: str) -> bool:
    try:
        return package in sys.modules or find_spec(package) is not None
    except (ImportError, ValueError):
        return False
