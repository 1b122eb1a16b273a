"""Finds image files below a folder, and builds a FaceSet of image files that stay where they are."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import Columns, cache_columns, content_hash
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.image_digests import DIGEST_BYTES, compute_digest
from fer_lightning.data.images import SUFFIXES, ImageFiles, decode_all, is_image
from fer_lightning.data.names import path_text, plain_text
from fer_lightning.errors import FerError

log = logging.getLogger(__name__)

SHOWN = 5  # skipped files that the log names
SCAN_VERSION = 1  # part of the cache key: increase it when the columns below or the decoding of files change


class FoundFiles(NamedTuple):
    """The files below a folder: images and other files, each list sorted by path."""

    images: list[Path]
    others: list[Path]


def list_images(folder: Path) -> list[Path]:
    """Lists every image below `folder`, sorted by path, and logs the number and first names of the other files.

    Raises:
        FerError: as in `find_images`.
    """
    found = find_images(folder)
    log_skipped(found.others, folder)
    return found.images


def find_images(folder: Path) -> FoundFiles:
    """Finds every file below `folder`; an image is recognised by its suffix, or else by its content.

    Hidden files and folders are skipped. Links to folders are followed.

    Raises:
        FerError: a folder with an image's suffix, a broken link, a file with an image's suffix that is not a regular
            file, or a folder that is reached by two paths, whose images would count twice.
    """
    found = FoundFiles([], [])
    visited = {folder.resolve(): folder}
    waiting = _list_folder(folder)
    while waiting:
        item = waiting.pop()
        named = item.suffix.lower() in SUFFIXES
        if item.is_dir():
            if named:
                raise FerError(f"{item}: a folder, where its name says an image; rename or remove it")
            _visit(item, visited)
            waiting += _list_folder(item)
        elif item.is_file():
            (found.images if named or is_image(item) else found.others).append(item)
        elif not named:
            found.others.append(item)
        elif item.is_symlink() and not item.exists():
            raise FerError(f"{item}: this link leads to {item.readlink()}, which is not there")
        else:
            raise FerError(f"{item}: a pipe, socket or device, where its name says an image; remove it")
    return found


def find_below(root: Path, name: str) -> Path | None:
    """The folder or file `name` in `root`, or one or two folders below, where archives unpack to; None without one."""
    # Landmarks.zip, unpacked into a folder of its own name, is Landmarks/Landmarks/
    candidates = (path for base in _search_folders(root) for path in (base / name / name, base / name))
    return next((path for path in candidates if path.exists()), None)


def _search_folders(root: Path) -> Iterator[Path]:
    yield root
    first = list_subfolders(root)
    yield from first
    for folder in first:
        yield from list_subfolders(folder)


def list_subfolders(folder: Path) -> list[Path]:
    """The folders in a folder that are not hidden, sorted by name."""
    return sorted(item for item in folder.iterdir() if item.is_dir() and not item.name.startswith("."))


def log_skipped(files: Sequence[Path], root: Path, why: str = "not readable images") -> None:
    """Logs the number of skipped files below `root` and the names of the first, if there are any."""
    if files:
        names = ", ".join(path_text(file, root) for file in files[:SHOWN])
        more = f" and {len(files) - SHOWN} more" if len(files) > SHOWN else ""
        number = f"{len(files)} file{'s' * (len(files) > 1)}"
        log.warning("%s: %s skipped, %s: %s%s", plain_text(str(root)), number, why, names, more)


def check_unique(names: Mapping[Path, str]) -> None:
    """Raises FerError if two files have the same image name, ignoring case."""
    first: dict[str, Path] = {}
    for path, name in names.items():
        other = first.setdefault(name.upper(), path)
        if other != path:
            raise FerError(f"{path}: the same image as {other}; remove one of them")


def _list_folder(folder: Path) -> list[Path]:
    """The entries of the folder that are not hidden, in reverse order."""
    # such as .ipynb_checkpoints, and ._x.jpg, which macOS writes beside x.jpg
    return sorted((item for item in folder.iterdir() if not item.name.startswith(".")), reverse=True)


def _visit(folder: Path, visited: dict[Path, Path]) -> None:
    place = folder.resolve()
    before = visited.setdefault(place, folder)
    if before in folder.parents:
        raise FerError(f"{folder}: this link leads back to {place}, a folder above it; remove it")
    if before != folder:
        raise FerError(f"{folder}: the same folder as {before}, and its images would count twice; remove the link")


class NamedImage(NamedTuple):
    """An image file, and the groups of its name in upper case."""

    path: Path
    parts: tuple[str, ...]


def parse_image_names(folder: Path, pattern: re.Pattern[str], example: str) -> list[NamedImage]:
    """Lists every image below `folder`, sorted by path, with the groups of its name.

    Args:
        folder: searched recursively.
        pattern: regular expression of the whole name without its suffix; its groups are the parts.
        example: a name that matches, for error messages.

    Raises:
        FerError: a name that does not match, an image that occurs twice, or as in `find_images`.
    """
    found: list[NamedImage] = []
    for path in list_images(folder):
        name = path.stem if path.suffix.lower() in SUFFIXES else path.name
        match = pattern.fullmatch(plain_text(name))
        if match is None:
            raise FerError(f"{path}: images here are called like {example}; rename this one or take it away")
        found.append(NamedImage(path, tuple(part.upper() for part in match.groups())))
    check_unique({image.path: "/".join(image.parts) for image in found})
    return found


@dataclass(frozen=True)
class ImageTable:
    """What a reader knows about N image files; an empty list stands for a column that the data set does not have.

    Attributes:
        paths: paths of the files.
        labels: class name of each image; "" if it has none.
        class_names: the classes, in the data set's order.
        subjects: the person in each image; "" if unknown.
        sequences: the sequence of each image.
        frames: position of each image in its sequence.
        splits: the published split of each image.
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


def build_face_set(name: str, table: ImageTable, root: Path, cache_dir: Path) -> FaceSet:
    """Builds the FaceSet of these files; ids are their paths below `root`, as plain text.

    Every file is decoded the first time, and whenever a file has changed: a broken file is found here and not in the
    middle of a training. Sizes, colour and digests are cached.

    Args:
        name: name of the data set, for the cache.
        table: what is known about each file.
        root: folder of the data set.
        cache_dir: folder of the cache.

    Raises:
        FerError: files that are not images, or truncated, all of them in one error; or an image that is listed twice.
    """
    ids = [path_text(path, root) for path in table.paths]
    repeated = sorted(name for name, times in Counter(ids).items() if times > 1)
    if repeated:
        raise FerError(f"{root}: {repeated[0]} is listed twice ({len(repeated)} such images); each counts once")
    # size and modification time stand for the content: hashing gigabytes at every start would take minutes
    stats = [(stat.st_size, stat.st_mtime_ns) for stat in (path.stat() for path in table.paths)]
    key = content_hash("photographs", SCAN_VERSION, str(root.resolve()), ids, stats)
    found = cache_columns(cache_dir, f"{name}-files", key, lambda: _scan(table.paths, root))
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


def _scan(paths: Sequence[Path], root: Path) -> Columns:
    """Size, colour and digest of each image, and a hash of all digests."""
    height, width, colour, digest = ([0] * len(paths) for _ in range(4))
    whole = blake2b(digest_size=16)
    for number, image in enumerate(decode_all(paths, root)):
        height[number], width[number], colour[number] = image.shape[0], image.shape[1], image.ndim == 3
        digest[number] = compute_digest(image)
        whole.update(digest[number].to_bytes(DIGEST_BYTES, "little", signed=True))
    columns = {"height": height, "width": width, "colour": colour, "digest": digest}
    return {
        "content": np.array(whole.hexdigest()),
        **{name: np.array(values, dtype=np.int64) for name, values in columns.items()},
    }
