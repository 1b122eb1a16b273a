"""Makes a FaceSet of image files that stay where they are; each is looked at once, and again when it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import Columns, cached_columns, content_hash
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.image_digests import DIGEST_BYTES, digest_of
from fer_lightning.data.images import ImageFiles, decode_all
from fer_lightning.data.names import path_text
from fer_lightning.errors import FerError

LOOK = 1  # part of the cache's key: raise it when the columns below, or the way files are decoded, change


@dataclass(frozen=True)
class Table:
    """What a reader knows of N image files; a list that stays empty is a column that the data set does not know.

    Attributes:
        paths: the files.
        labels: each one's class by name; "" where it has none.
        class_names: the classes, in the data set's order.
        subjects: who is in the image; "" where that is unknown.
        sequences: which recording the image belongs to.
        frames: position in its sequence.
        splits: the publisher's own split.
        extras: further columns by name.
    """

    paths: list[Path]
    labels: list[str]
    class_names: tuple[str, ...]
    subjects: list[str] = field(default_factory=list)
    sequences: list[str] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)
    splits: list[str] = field(default_factory=list)
    extras: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)


def photographs(name: str, table: Table, root: Path, cache_dir: Path) -> FaceSet:
    """The FaceSet of these files; ids are paths below `root`, as plain text.

    The first time, and whenever a file has changed, every file is decoded: so a broken one is found here and not in
    the middle of a training, and sizes and exact copies are known from then on.

    Args:
        name: of the data set, for the cache.
        table: what is known of each file.
        root: the data set's folder.
        cache_dir: where the findings are kept.

    Raises:
        FerError: files that are no images, or cut off: all of them at once; an image stands in the table twice.
    """
    ids = [path_text(path, root) for path in table.paths]
    repeated = sorted(name for name, times in Counter(ids).items() if times > 1)
    if repeated:
        raise FerError(f"{root}: {repeated[0]} is listed twice ({len(repeated)} such images); each counts once")
    # a file that was rewritten has another size or time: hashing gigabytes at every start would take minutes
    stats = [(stat.st_size, stat.st_mtime_ns) for stat in (path.stat() for path in table.paths)]
    key = content_hash("photographs", LOOK, str(root.resolve()), ids, stats)
    found = cached_columns(cache_dir, f"{name}-files", key, lambda: _look(table.paths, root))
    number = {name: place for place, name in enumerate(table.class_names)}
    return FaceSet(
        pixels=ImageFiles(table.paths),
        label=np.array([number[label] if label else -1 for label in table.labels], dtype=np.int64),
        class_names=table.class_names,
        ids=np.array(ids),
        fingerprint=str(found.pop("content")),
        subject=np.array(table.subjects) if table.subjects else None,
        sequence=np.array(table.sequences) if table.sequences else None,
        frame=np.array(table.frames, dtype=np.int64) if table.frames else None,
        split=np.array(table.splits) if table.splits else None,
        extras={**found, **table.extras},
    )


def _look(paths: Sequence[Path], root: Path) -> Columns:
    """Size, colour and digest of each file's picture, and a hash of all of them."""
    height, width, colour, digest = ([0] * len(paths) for _ in range(4))
    whole = blake2b(digest_size=16)
    for number, image in enumerate(decode_all(paths, root)):
        height[number], width[number], colour[number] = image.shape[0], image.shape[1], image.ndim == 3
        digest[number] = digest_of(image)
        whole.update(digest[number].to_bytes(DIGEST_BYTES, "little", signed=True))
    columns = {"height": height, "width": width, "colour": colour, "digest": digest}
    return {
        "content": np.array(whole.hexdigest()),
        **{name: np.array(values, dtype=np.int64) for name, values in columns.items()},
    }
