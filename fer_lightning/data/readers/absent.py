"""The end of every message that says that a data set is not where it was looked for."""

from __future__ import annotations

from pathlib import Path

from fer_lightning.errors import FerError

DIR_KEY = "data.faces.dir"  # the override that names a data set's folder, but in mixes, which have two


def refuse_file(root: Path, key: str = DIR_KEY) -> None:
    """Raises FerError where `root`, which should be a data set's folder, is a file."""
    if root.is_file():
        raise FerError(f"{root}: this is a file; {key} names the folder that holds it, here {root.parent}")


def belongs(name: str, key: str = DIR_KEY) -> str:
    """Where the data set `name` belongs, and the `key` that names another place."""
    return f"FER_DATA=DIR makes it DIR/{name}/; {key}=DIR names the place itself"
