"""FaceSet: many faces as columns, an array of pixels and a table of what is known about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_lightning.errors import FerError

Pixels = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Strings = npt.NDArray[np.str_]


@dataclass(frozen=True)
class FaceSet:
    """N faces of one size. Columns that a data set does not know are None.

    Attributes:
        pixels: (N, H, W) grey or (N, H, W, 3) RGB, uint8; may be memory-mapped.
        label: (N,) index into `class_names`; -1 where the face has no label.
        class_names: names of the vocabulary, or the data set's own.
        ids: (N,) a name for each image that stays the same wherever the data lie.
        fingerprint: hash of the content from which the pixels came; keys every cache made from them.
        subject: (N,) who is in the image.
        sequence: (N,) which recording the image belongs to.
        frame: (N,) position in its sequence, 0 is neutral.
        split: (N,) the publisher's own split.
        extras: further columns by name, N rows each (action units, landmarks, votes).
    """

    pixels: Pixels
    label: Integers
    class_names: tuple[str, ...]
    ids: Strings
    fingerprint: str
    subject: Strings | None = None
    sequence: Strings | None = None
    frame: Integers | None = None
    split: Strings | None = None
    extras: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, column in self.columns().items():
            if len(column) != len(self.pixels):
                raise FerError(f"column '{name}' has {len(column)} rows for {len(self.pixels)} images")

    def __len__(self) -> int:
        return len(self.pixels)

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        """Every known column by name, without the pixels; extras under `extras.<name>`."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {name: value for name, value in named.items() if isinstance(value, np.ndarray) and name != "pixels"}
        return plain | {f"extras.{name}": column for name, column in self.extras.items()}

    def with_pixels(self, pixels: Pixels, fingerprint: str) -> FaceSet:
        """The same faces after a step that changed their pixels."""
        return replace(self, pixels=pixels, fingerprint=fingerprint)
