"""Lists images whose file names say who is in them and what they show."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from fer_lightning.data.images import SUFFIXES
from fer_lightning.data.names import plain_text
from fer_lightning.data.readers.image_search import image_files, refuse_repeated
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
    found: list[NamedImage] = []
    for path in image_files(folder):
        name = path.stem if path.suffix.lower() in SUFFIXES else path.name
        match = pattern.fullmatch(plain_text(name))
        if match is None:
            raise FerError(f"{path}: images here are called like {example}; rename this one or take it away")
        found.append(NamedImage(path, tuple(part.upper() for part in match.groups())))
    refuse_repeated({image.path: "/".join(image.parts) for image in found})
    return found
