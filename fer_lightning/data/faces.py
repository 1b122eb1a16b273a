"""FaceSet: faces as an array of pixels and a table of columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_lightning.data.images import Images, Pixels, Rows
from fer_lightning.errors import FerError

__all__ = ["FaceSet", "Images", "Integers", "Pixels", "Strings"]

Integers = npt.NDArray[np.int64]
Strings = npt.NDArray[np.str_]


@dataclass(frozen=True)
class FaceSet:
    """N faces as columns; a column that a data set does not have is None.

    Attributes:
        pixels: (N, H, W) grey or (N, H, W, 3) RGB, uint8, possibly memory-mapped; or images of any sizes that are
            decoded one by one.
        label: (N,) index into `class_names`; -1 without a label.
        class_names: names of the vocabulary, or of the data set.
        ids: (N,) a name for each image that does not depend on where the data are.
        fingerprint: hash of the content of the pixels, the key of every cache that is made from them.
        subject: (N,) the person in the image.
        sequence: (N,) the sequence of the image.
        frame: (N,) position in its sequence, 0 is neutral.
        split: (N,) the published split.
        extras: further columns by name, N rows each (action units, landmarks, votes). `digest` (N,) int64:
            `image_digests.compute_digest` of the image in the data set, equal for equal images. `height`, `width`: of
            images in files.
    """

    pixels: Images
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
        """Every column by name, without the pixels; extras as `extras.<name>`."""
        named = {f.name: getattr(self, f.name) for f in fields(self)}
        plain = {name: value for name, value in named.items() if isinstance(value, np.ndarray) and name != "pixels"}
        return plain | {f"extras.{name}": column for name, column in self.extras.items()}

    @property
    def array(self) -> Pixels:
        """The pixels of prepared faces as one array."""
        assert isinstance(self.pixels, np.ndarray), "prepare the faces first: these are decoded one by one"
        return self.pixels

    def take(self, rows: Integers, fingerprint: str) -> FaceSet:
        """The faces of these rows, in this order; rows may repeat."""
        columns: dict[str, Any] = {
            name: c[rows] for name, c in self.columns().items() if not name.startswith("extras.")
        }
        extras = {name: column[rows] for name, column in self.extras.items()}
        pixels = Rows(self.pixels, rows)
        return FaceSet(pixels=pixels, class_names=self.class_names, fingerprint=fingerprint, extras=extras, **columns)

    def with_pixels(self, pixels: Images, fingerprint: str) -> FaceSet:
        """The same faces with other pixels."""
        return replace(self, pixels=pixels, fingerprint=fingerprint)
