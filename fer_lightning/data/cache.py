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

FORMAT = 1  # part of every key: increase it when the format of the files below changes
CHUNK = 256  # images in memory at once while a set is written
# errors from files that are truncated or damaged (TokenError: the header of an array), lack a column (TypeError), or
# fail the check of their digests (FerError)
DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, tokenize.TokenError, FerError),
)
Columns = dict[str, npt.NDArray[Any]]
Loaded = TypeVar("Loaded")
DIGESTS_FILE = "digests.json"
DIGEST_BLOCK = 1 << 20  # bytes: digests of 40 GB take one megabyte, and only one block is in memory


def content_hash(*parts: object, files: Iterable[Path] = ()) -> str:
    """32 hex digits: a hash of the values and of the bytes of the files, in order."""
    digest = blake2b(json.dumps([FORMAT, *parts], sort_keys=True, default=str).encode(), digest_size=16)
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def cache_faces(cache_dir: Path, name: str, key: str, make: Callable[[], FaceSet]) -> FaceSet:
    """Loads the FaceSet of `key`, memory-mapped; without a valid one in the cache it is made by `make`.

    Args:
        cache_dir: folder of the cache, which is created if missing.
        name: readable prefix of the folder's name.
        key: `content_hash` of everything that `make` depends on.
        make: draws, reads or prepares the faces; their fingerprint is replaced by `key`, and images that are computed
            one by one must have one size.
    """
    return _load_or_make(
        cache_dir, name, key, lambda folder: _write_faces(make(), folder), lambda folder: _open_faces(folder, key)
    )


def cache_columns(cache_dir: Path, name: str, key: str, make: Callable[[], Mapping[str, npt.NDArray[Any]]]) -> Columns:
    """Loads the table of `key`; arguments as in `cache_faces`."""
    return _load_or_make(cache_dir, name, key, lambda folder: _write_columns(make(), folder), _read_columns)


def cache_rows(
    cache_dir: Path, name: str, key: str, count: int, make: Callable[[], Iterable[npt.NDArray[Any]]]
) -> npt.NDArray[Any]:
    """Loads the array of `key`, memory-mapped: `count` rows, which `make` yields in parts; else as in `cache_faces`."""

    def write(folder: Path) -> None:
        _write_parts(make(), count, folder / "rows.npy")

    return _load_or_make(cache_dir, name, key, write, lambda folder: np.load(folder / "rows.npy", mmap_mode="r"))


def _load_or_make(
    cache_dir: Path, name: str, key: str, write: Callable[[Path], None], open_: Callable[[Path], Loaded]
) -> Loaded:
    """Opens the folder of `key` with `open_`; without a valid one it is written by `write`.

    Of two processes at once the second waits for the first. A folder is written beside its place and renamed, so that
    an interrupted process leaves no incomplete folder. Every byte is compared with the folder's digests before it is
    opened. A complete folder is opened without a lock, so that a read-only cache can be used.
    """
    folder = cache_dir / f"{name}-{key}"

    def opened() -> Loaded:
        check_digests(folder)
        return open_(folder)

    if folder.is_dir() and has_digests(folder):
        with contextlib.suppress(*DAMAGE):  # made again below, by the process that holds the lock
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
        for leftover in cache_dir.glob(f"{folder.name}.*.partial"):  # of an interrupted process
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
    """Removes a file, folder or link, but not the target of a link."""
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
    """Writes images that are computed one by one, without holding all of them in memory."""
    starts = range(0, len(faces), CHUNK)
    parts = (np.stack([faces.pixels[row] for row in range(s, min(s + CHUNK, len(faces)))]) for s in starts)
    _write_parts(parts, len(faces), path)


def _write_parts(parts: Iterable[npt.NDArray[Any]], count: int, path: Path) -> None:
    """Writes a .npy file of `count` rows in parts.

    Plain writes raise OSError when the disk is full, where a memory map would end the process with SIGBUS.
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
    """Whether the folder has digests; folders of earlier versions have none."""
    return (folder / DIGESTS_FILE).exists()


def check_digests(folder: Path) -> None:
    """Compares every byte with the digests; 0.06 s per GB that is in the operating system's page cache.

    Raises:
        FerError: the bytes or the length of a file have changed, or it is none, but a pipe or device without an end.
        OSError: a file is missing or cannot be read.
        ValueError, KeyError, AttributeError, TypeError: the digests themselves are damaged.
    """
    _check_regular(folder / DIGESTS_FILE)
    kept = json.loads((folder / DIGESTS_FILE).read_text(encoding="utf-8"))
    for name, digests in kept["files"].items():
        _check_regular(folder / name)
        found = list(_block_digests(folder / name, kept["block_bytes"]))
        if found != digests:
            differ = [block for block, pair in enumerate(zip(found, digests, strict=False)) if pair[0] != pair[1]]
            where = f"block {differ[0] + 1} of {len(digests)} has changed" if differ else "its length has changed"
            raise FerError(f"{name}: {where}")


def _check_regular(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise FerError(f"{path.name}: it is no file")


def _block_digests(path: Path, block: int) -> Iterator[str]:
    buffer = bytearray(block)
    view = memoryview(buffer)
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(buffer):
            yield xxhash.xxh3_64_hexdigest(view[:size])
