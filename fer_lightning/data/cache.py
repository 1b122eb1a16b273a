"""A cache of memory-mapped FaceSets and tables: each is made once, whole or not at all, and verified when read."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import tokenize
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import xxhash
from filelock import FileLock

from fer_lightning.data.faces import FaceSet
from fer_lightning.errors import FerError
from fer_lightning.os_errors import naming

log = logging.getLogger(__name__)

FORMAT = 1  # part of every key: raise it when the files below change
CHUNK = 256  # pictures in memory at once while a set is written
# what comes of files that are cut off or garbled (TokenError: the header of an array), lack a column (TypeError), or
# hold other bytes than were written (FerError)
DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, tokenize.TokenError, FerError),
)
Columns = dict[str, npt.NDArray[Any]]
Loaded = TypeVar("Loaded")
DIGESTS_FILE = "digests.json"
DIGEST_BLOCK = 1 << 20  # bytes: a set of 40 GB takes one megabyte of digests, and no more than one block is in memory


def content_hash(*parts: object, files: Iterable[Path] = ()) -> str:
    """32 hex digits of the values and of the bytes of the files, in order."""
    digest = blake2b(json.dumps([FORMAT, *parts], sort_keys=True, default=str).encode(), digest_size=16)
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def cache_faces(cache_dir: Path, name: str, key: str, make: Callable[[], FaceSet]) -> FaceSet:
    """The FaceSet of `key`, opened memory-mapped; made by `make` when the cache has none that can be read.

    Args:
        cache_dir: where cached sets live; made when missing.
        name: readable head of the folder's name.
        key: `content_hash` of everything that `make` depends on.
        make: draws, reads or prepares the faces; its fingerprint is replaced by `key`, and pixels that are made one by
            one must come out in one size.
    """
    return _load_or_make(
        cache_dir, name, key, lambda folder: _write_faces(make(), folder), lambda folder: _open_faces(folder, key)
    )


def cache_columns(cache_dir: Path, name: str, key: str, make: Callable[[], Mapping[str, npt.NDArray[Any]]]) -> Columns:
    """The table of `key`, as `cached` keeps a FaceSet; arguments as there."""
    return _load_or_make(cache_dir, name, key, lambda folder: _write_columns(make(), folder), _read_columns)


def cache_rows(
    cache_dir: Path, name: str, key: str, count: int, make: Callable[[], Iterable[npt.NDArray[Any]]]
) -> npt.NDArray[Any]:
    """The array of `key`, memory-mapped: `count` rows, which `make` gives in parts; the rest as of `cached`."""

    def write(folder: Path) -> None:
        _write_parts(make(), count, folder / "rows.npy")

    return _load_or_make(cache_dir, name, key, write, lambda folder: np.load(folder / "rows.npy", mmap_mode="r"))


def _load_or_make(
    cache_dir: Path, name: str, key: str, write: Callable[[Path], None], open_: Callable[[Path], Loaded]
) -> Loaded:
    """What `open_` finds in the folder of `key`, filled by `write` when there is none that can be read.

    Two processes that ask at once make it once: the second waits for the first. A folder is written beside its
    place and renamed, so that a process killed half-way leaves nothing that looks finished. Every byte is compared
    with the folder's digests before anything is read from it. A finished folder is opened without a lock,
    so that a cache which may only be read can be used.
    """
    folder = cache_dir / f"{name}-{key}"

    def opened() -> Loaded:
        check_digests(folder)
        return open_(folder)

    if folder.is_dir() and has_digests(folder):
        with contextlib.suppress(*DAMAGE):  # made again below, by the one process that holds the lock
            return opened()
    cache_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(cache_dir / f"{folder.name}.lock"):
        if folder.is_dir() and not has_digests(folder):
            log.info("%s has no digests, as those of earlier versions: making it again", folder)
        elif folder.exists():
            try:
                return opened()
            except DAMAGE as damage:
                log.warning("%s is damaged (%s): making it again", folder, damage)
        _remove(folder)
        for leftover in cache_dir.glob(f"{folder.name}.*.partial"):  # of a process that was killed
            _remove(leftover)
        log.info("making the set '%s' (once; kept in %s)", name, cache_dir)
        scratch = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
        scratch.mkdir()
        try:
            with naming(folder):
                write(scratch)
                write_digests(scratch)
            scratch.rename(folder)
        except BaseException:
            shutil.rmtree(scratch, ignore_errors=True)
            raise
        return open_(folder)


def _remove(place: Path) -> None:
    """Removes whatever is there; of a link the link, never what it points to."""
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def _write_faces(faces: FaceSet, folder: Path) -> None:
    if isinstance(faces.pixels, np.ndarray):
        _write_parts([faces.pixels], len(faces), folder / "pixels.npy")
    else:
        _stream(faces, folder / "pixels.npy")
    _write_columns({"class_names": np.array(faces.class_names), **faces.columns()}, folder)


def _stream(faces: FaceSet, path: Path) -> None:
    """Writes pixels that are made one by one without holding all of them."""
    starts = range(0, len(faces), CHUNK)
    parts = (np.stack([faces.pixels[row] for row in range(s, min(s + CHUNK, len(faces)))]) for s in starts)
    _write_parts(parts, len(faces), path)


def _write_parts(parts: Iterable[npt.NDArray[Any]], count: int, path: Path) -> None:
    """Writes a .npy file of `count` rows part by part.

    By plain writes: where the disk fills up they raise OSError, and a memory map ends the process with SIGBUS.
    """
    rows = 0
    expected: tuple[Any, ...] = ()
    with path.open("wb") as stream:
        for part in parts:
            if not expected:
                expected = (part.dtype, part.shape[1:])
                header = {"descr": np.lib.format.dtype_to_descr(part.dtype), "fortran_order": False}
                np.lib.format.write_array_header_1_0(stream, {**header, "shape": (count, *part.shape[1:])})
            if (part.dtype, part.shape[1:]) != expected:
                raise ValueError(f"rows of {part.dtype} {part.shape[1:]} after rows of {expected}: not the same shape")
            stream.write(np.ascontiguousarray(part).data)
            rows += len(part)
        os.fsync(stream.fileno())
    if rows != count:
        raise ValueError(f"{rows} rows were made, {count} were promised")


def _write_columns(columns: Mapping[str, npt.NDArray[Any]], folder: Path) -> None:
    np.savez(folder / "columns.npz", allow_pickle=False, **columns)


def _read_columns(folder: Path) -> Columns:
    with np.load(folder / "columns.npz") as columns:
        return {name: columns[name] for name in columns.files}


def _open_faces(folder: Path, key: str) -> FaceSet:
    pixels = np.load(folder / "pixels.npy", mmap_mode="r")
    columns = _read_columns(folder)
    class_names = tuple(str(name) for name in columns.pop("class_names"))
    extras = {name.removeprefix("extras."): c for name, c in columns.items() if name.startswith("extras.")}
    plain: dict[str, Any] = {name: c for name, c in columns.items() if not name.startswith("extras.")}
    return FaceSet(pixels=pixels, class_names=class_names, fingerprint=key, extras=extras, **plain)


def write_digests(folder: Path) -> None:
    """Writes `digests.json`: the name of each file in the folder and the digests of its blocks."""
    found = {path.name: list(_block_digests(path, DIGEST_BLOCK)) for path in sorted(folder.iterdir())}
    (folder / DIGESTS_FILE).write_text(json.dumps({"block_bytes": DIGEST_BLOCK, "files": found}), encoding="utf-8")


def has_digests(folder: Path) -> bool:
    """Whether the folder has digests at all; those of earlier versions have none."""
    return (folder / DIGESTS_FILE).exists()


def check_digests(folder: Path) -> None:
    """Compares every byte with the digests; 0.06 s for 1 GB that the operating system holds in memory.

    Raises:
        FerError: a file has other bytes, or another length, than when it was written.
        OSError: a file is missing or cannot be read.
        ValueError, KeyError, AttributeError, TypeError: the digests themselves are damaged.
    """
    kept = json.loads((folder / DIGESTS_FILE).read_text(encoding="utf-8"))
    for name, digests in kept["files"].items():
        found = list(_block_digests(folder / name, kept["block_bytes"]))
        if found != digests:
            differ = [block for block, pair in enumerate(zip(found, digests, strict=False)) if pair[0] != pair[1]]
            where = f"block {differ[0] + 1} of {len(digests)} has changed" if differ else "its length has changed"
            raise FerError(f"{name}: {where}")


def _block_digests(path: Path, block: int) -> Iterator[str]:
    buffer = bytearray(block)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(buffer):
            yield xxhash.xxh3_64_hexdigest(view[:size])
