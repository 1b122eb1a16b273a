"""Digests of the images of a data set, and of the splits of a protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import cache_columns, content_hash
from fer_lightning.data.faces import FaceSet, Integers, Pixels

COLUMN = "digest"  # of FaceSet.extras
DIGEST_BYTES = 8
CHUNK = 4096  # images whose names are in memory at once


def compute_digest(image: Pixels) -> int:
    """A signed 64-bit digest of the size and the pixels of an image (H, W) or (H, W, 3)."""
    return _number(str(image.shape).encode(), np.ascontiguousarray(image).data)


def combine_digests(first: Integers, second: Integers) -> Integers:
    """(N,) digests of images that are composed of two others, with the digests `first` (N,) and `second` (N,)."""
    return _column(_number(pair.tobytes()) for pair in np.stack([first, second], axis=1).astype("<i8"))


def image_digests(faces: FaceSet) -> Integers:
    """(N,) the digest of each image: the column `digest`, or else computed from the pixels."""
    known = faces.extras.get(COLUMN)
    return known if known is not None else _column(compute_digest(image) for image in faces.pixels)


def add_digests(faces: FaceSet, cache_dir: Path) -> FaceSet:
    """The same faces with the column `digest`, which is cached for images in files."""
    if COLUMN in faces.extras:
        return faces
    if isinstance(faces.pixels, np.ndarray):  # 0.15 s for FER2013: not worth a file in the cache
        column = image_digests(faces)
    else:
        key = content_hash("image digests", faces.fingerprint)
        column = cache_columns(cache_dir, "digests", key, lambda: {COLUMN: image_digests(faces)})[COLUMN]
    return replace(faces, extras={**faces.extras, COLUMN: column})


def split_digests(
    source: FaceSet,
    label: Integers,
    class_names: Sequence[str],
    sides: Mapping[str, Integers],
    train_targets: npt.NDArray[np.float32] | None = None,
) -> dict[str, str]:
    """Split -> 16 hex digits of its images and their labels, in the order of the rows, whatever the names of files.

    Args:
        source: cropped faces before a model's preprocessing.
        label: (N,) index into `class_names`; -1 without a label.
        class_names: the wanted classes.
        sides: split -> rows.
        train_targets: (N, C) targets of the training images, if they are neither labels nor votes.
    """
    digests, target = image_digests(source).astype("<i8"), source.extras.get("target")
    names = np.array([*class_names, ""])
    found = {}
    for side, rows in sides.items():
        whole = blake2b(digests[rows].tobytes(), digest_size=DIGEST_BYTES)
        for start in range(0, len(rows), CHUNK):
            whole.update(b"\n" * (start > 0) + "\n".join(names[label[rows[start : start + CHUNK]]].tolist()).encode())
        if target is not None:  # shares of votes, which a loss may ask instead of the label
            whole.update(np.ascontiguousarray(target[rows]).data)
        if side == "train" and train_targets is not None:
            whole.update(np.ascontiguousarray(train_targets[rows]).data)
        found[side] = whole.hexdigest()
    return found


def to_hex(digests: Integers) -> list[str]:
    """Each digest (N,) as 16 hex digits."""
    return [digest.tobytes().hex() for digest in digests.astype("<i8")]


def _number(*parts: bytes | memoryview) -> int:
    digest = blake2b(digest_size=DIGEST_BYTES)
    for part in parts:
        digest.update(part)
    return int.from_bytes(digest.digest(), "little", signed=True)


def _column(digests: Iterable[int]) -> Integers:
    return np.fromiter(digests, dtype=np.int64)  # without a list, which takes five times the memory
