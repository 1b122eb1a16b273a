"""Lists images whose file names say who is in them and what they show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from fer_lightning.data.readers.photographs import image_files
from fer_lightning.errors import FerError


class NamedImage(NamedTuple):
    """An image file, and the parts of its name in capitals."""

    path: Path
    parts: tuple[str, ...]


def named_images(folder: Path, pattern: re.Pattern[str], example: str) -> list[NamedImage]:
    """Every image below `folder`, sorted by path.

    Args:
        folder: searched with the folders in it.
        pattern: of the whole name without its ending; its groups are the parts.
        example: such a name, for error messages.

    Raises:
        FerError: a name of another form, an image that stands there twice, or a folder called like an image.
    """
    found: dict[tuple[str, ...], Path] = {}
    for path in image_files(folder):
        match = pattern.fullmatch(path.stem)
        if match is None:
            raise FerError(f"{path}: images here are called like {example}; rename this one or take it away")
        parts = tuple(part.upper() for part in match.groups())
        if parts in found:
            raise FerError(f"{path}: the same image as {found[parts]}; remove one of them")
        found[parts] = path
    return [NamedImage(path, parts) for parts, path in found.items()]
