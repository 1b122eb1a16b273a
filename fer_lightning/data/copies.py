"""Finds pictures that are the same to the last pixel."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from hashlib import blake2b

import numpy as np

from fer_lightning.data.faces import FaceSet, Integers, Pixels


def copy_groups(faces: FaceSet) -> Integers:
    """(N,) numbers from 0 in the order of the rows: the same pictures share one, all others have their own.

    The column `digest`, where there is one, says which are the same; else size and pixels do.
    """
    known = faces.extras.get("digest")
    keys: Iterable[Hashable] = map(_content, faces.pixels) if known is None else known.tolist()
    seen: dict[Hashable, int] = {}
    return np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)


def with_copy(groups: Integers, first: Integers, second: Integers) -> int:
    """How many images of the index array `second` have a copy among those of `first`."""
    return int(np.isin(groups[second], groups[first]).sum())


def _content(image: Pixels) -> tuple[tuple[int, ...], bytes]:
    return image.shape, blake2b(np.ascontiguousarray(image).data, digest_size=16).digest()
