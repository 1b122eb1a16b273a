"""A folder of memory-mapped FaceSets: each is made once, whole or not at all, and keyed by what it was made from."""

from __future__ import annotations

import json
import logging
import os
import shutil
import tokenize
import zipfile
from collections.abc import Callable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from fer_lightning.data.faces import FaceSet
from fer_lightning.errors import FerError

log = logging.getLogger(__name__)

FORMAT = 1  # part of every key: raise it when the files below change
# what comes of files that are cut off or garbled (TokenError: the header of an array), lack a column (TypeError), or
# hold one of another length (FerError)
DAMAGE = (
    *(OSError, ValueError, KeyError, TypeError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, tokenize.TokenError, FerError),
)


def content_hash(*parts: object, files: Iterable[Path] = ()) -> str:
    """32 hex digits of the values and of the bytes of the files, in order."""
    digest = blake2b(json.dumps([FORMAT, *parts], sort_keys=True, default=str).encode(), digest_size=16)
    for file in files:
        with file.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()


def cached(cache_dir: Path, name: str, key: str, make: Callable[[], FaceSet]) -> FaceSet:
    """The FaceSet of `key`, opened memory-mapped; made by `make` when the cache has none that can be read.

    Two processes that ask at once make it once: the second waits for the first. A FaceSet is written beside its
    place and renamed, so that a process killed half-way leaves nothing that looks finished.

    Args:
        cache_dir: where cached sets live; made when missing.
        name: readable head of the folder's name.
        key: `content_hash` of everything that `make` depends on.
        make: draws, reads or prepares the faces; its fingerprint is replaced by `key`.
    """
    folder = cache_dir / f"{name}-{key}"
    cache_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(cache_dir / f"{folder.name}.lock"):
        if folder.exists():
            try:
                return _open(folder, key)
            except DAMAGE as damage:
                log.warning("%s is damaged (%s): making it again", folder, damage)
                shutil.rmtree(folder)
        for leftover in cache_dir.glob(f"{folder.name}.*.partial"):  # of a process that was killed
            shutil.rmtree(leftover)
        log.info("making the set '%s' (once; kept in %s)", name, cache_dir)
        _write(make(), folder)
        return _open(folder, key)


def _write(faces: FaceSet, folder: Path) -> None:
    scratch = folder.with_name(f"{folder.name}.{os.getpid()}.partial")
    scratch.mkdir()
    try:
        np.save(scratch / "pixels.npy", faces.pixels)
        np.savez(
            scratch / "columns.npz", allow_pickle=False, class_names=np.array(faces.class_names), **faces.columns()
        )
        scratch.rename(folder)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise


def _open(folder: Path, key: str) -> FaceSet:
    pixels = np.load(folder / "pixels.npy", mmap_mode="r")
    plain: dict[str, Any] = {}
    extras: dict[str, Any] = {}
    with np.load(folder / "columns.npz") as columns:
        class_names = tuple(str(name) for name in columns["class_names"])
        for name in columns.files:
            if name.startswith("extras."):
                extras[name.removeprefix("extras.")] = columns[name]
            elif name != "class_names":
                plain[name] = columns[name]
    return FaceSet(pixels=pixels, class_names=class_names, fingerprint=key, extras=extras, **plain)
