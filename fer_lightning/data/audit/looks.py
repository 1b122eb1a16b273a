"""Looks once at every picture of a data set, for all that an audit asks of its pixels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fer_lightning.data.faces import FaceSet, Integers, Strings
from fer_lightning.data.near_copies import SIDE, Booleans, Floats, thumbnail

MOST = 10  # sizes that are told one by one
OTHER = "other"


class Looks(NamedTuple):
    """What N pictures look like.

    Attributes:
        thumbnails: (N, 576), as `near_copies.thumbnail` makes them.
        blank: (N,) whether all pixels of a picture are equal.
        colour: (N,) whether a picture has three channels.
        height: (N,) in pixels, of the picture in its file where the data set knows it (the column `height`).
        width: (N,) likewise.
    """

    thumbnails: Floats
    blank: Booleans
    colour: Booleans
    height: Integers
    width: Integers


def look(faces: FaceSet) -> Looks:
    """What the pictures of these faces look like, each asked for once: decoding is what costs."""
    count = len(faces)
    thumbs = np.empty((count, SIDE * SIDE), dtype=np.float32)
    blank, colour = np.empty((2, count), dtype=np.bool_)
    height, width = np.empty((2, count), dtype=np.int64)
    for row, image in enumerate(faces.pixels):
        thumbs[row] = thumbnail(image)
        blank[row] = (image == image[0, 0]).all()
        colour[row] = image.ndim == 3
        height[row], width[row] = image.shape[:2]
    known = faces.extras
    return Looks(thumbs, blank, colour, known.get("height", height), known.get("width", width))


def sizes(looks: Looks) -> dict[str, int]:
    """Images of each size, such as {"48x48": 35887}: width, height; the ten most frequent, and `other` for the rest."""
    pairs, counts = np.unique(np.stack([looks.width, looks.height], axis=1), axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    named: Strings = np.array([f"{width}x{height}" for width, height in pairs[order]])
    told = dict(zip(named[:MOST].tolist(), counts[order][:MOST].tolist(), strict=True))
    rest = int(counts[order][MOST:].sum())
    return told | ({OTHER: rest} if rest else {})


def channels(looks: Looks) -> dict[str, int]:
    """Images with one channel and with three."""
    colour = int(looks.colour.sum())
    return {"grey": len(looks.colour) - colour, "colour": colour}
