"""Caches digests of data sets by the state of their files, so that a sweep can compare them without reading images."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from fer_lightning.config_keys import Effect, row_of
from fer_lightning.results.result import config_hash

FORMAT = 1  # part of every key: increase it if the same files get other digests
FOLDER = "data_digests"  # in the cache


def compute_data_key(config: Mapping[str, Any]) -> str | None:
    """Computes 32 hex digits of the data config and the state of the files that it reads.

    The state of a file is its path relative to the configured folder, its size and its modification time. Files outside
    of that folder, to which a manifest may refer, are ignored.

    Args:
        config: resolved, of a run.

    Returns:
        None if a configured path does not exist or cannot be read.
    """
    own = config_hash({part: config.get(part) for part in ("data", "paths")})
    digest = blake2b(json.dumps([FORMAT, own]).encode(), digest_size=16)
    try:
        for key, place in _iter_data_paths(config["data"], "data"):
            for name, size, changed in _iter_file_states(place):
                digest.update(f"{key}\0{name}\0{size}\0{changed}\n".encode(errors="surrogateescape"))
    except OSError:
        return None
    return digest.hexdigest()


def load_data_digest(config: Mapping[str, Any], key: str) -> dict[str, str] | None:
    """Loads the digest that `store_data_digest` stored for the key; None if there is none."""
    try:
        found = json.loads(_cache_path(config, key).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def store_data_digest(config: Mapping[str, Any], key: str | None, digest: Mapping[str, str]) -> None:
    """Stores the digest of each split, as returned by `split_digests`; does nothing without a key.

    Args:
        config: resolved, of a run.
        key: from `compute_data_key` before the images were read, so that later changes give another key.
        digest: split to digest.
    """
    if key is None or load_data_digest(config, key) == digest:
        return
    path = _cache_path(config, key)
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f"{key}.{os.getpid()}.partial")  # jobs of a sweep may write the same file at once
    scratch.write_text(json.dumps(digest), encoding="utf-8")
    scratch.replace(path)


def _cache_path(config: Mapping[str, Any], key: str) -> Path:
    return Path(config["paths"]["cache_dir"]).expanduser() / FOLDER / f"{key}.json"


def _iter_data_paths(value: Any, key: str) -> Iterator[tuple[str, Path]]:
    """Yields dotted key and path of every file or folder that a data config reads."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _iter_data_paths(inner, f"{key}.{name}")
    elif isinstance(value, str) and value and (row := row_of(key)).effect is not Effect.NONE:
        place = Path(value).expanduser()
        # the table lacks keys of user-defined readers, whose paths are recognised by a separator
        if row.place or (os.sep in value and place.exists()):
            yield key, place


def _iter_file_states(place: Path) -> Iterator[tuple[str, int, int]]:
    """Yields relative path, size and modification time of the file, or of every file in the folder.

    Links are followed and hidden files are skipped, as readers do.
    """
    if not place.is_dir():
        stat = place.stat()
        yield place.name, stat.st_size, stat.st_mtime_ns
        return
    waiting = [(str(place), "", frozenset({os.path.realpath(place)}))]
    while waiting:
        folder, below, above = waiting.pop()
        with os.scandir(folder) as entries:
            found = sorted((entry for entry in entries if entry.name[0] != "."), key=lambda entry: entry.name)
        for entry in found:
            name = f"{below}{entry.name}"
            if entry.is_dir():
                inside = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                if inside not in above:  # a link to a parent folder would recurse endlessly
                    waiting.append((entry.path, f"{name}/", above | {inside} if entry.is_symlink() else above))
            elif entry.is_file():
                stat = entry.stat()
                yield name, stat.st_size, stat.st_mtime_ns
