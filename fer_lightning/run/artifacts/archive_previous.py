"""Archives the previous run in a folder that another run will use, so that results and checkpoints are kept."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from itertools import chain, count
from pathlib import Path
from typing import Any

from fer_lightning.errors import FerError
from fer_lightning.results.archived import is_archived
from fer_lightning.results.result import FILE_NAME as RESULT
from fer_lightning.results.result import config_hash
from fer_lightning.run.resume.saved_job import FILE_NAME as SAVED_JOB

LAST_CHECKPOINT = Path("checkpoints", "last.ckpt")


def archive_run(folder: Path) -> Path | None:
    """Renames the folder to `<folder>.<config_hash>` if it has a result or a checkpoint.

    A number is appended if that name exists.

    Returns:
        The new path; None if nothing was moved.

    Raises:
        FerError: the folder cannot be moved, or another program has left a result or a checkpoint in it.
    """
    folder = folder.resolve()  # move the target of a symbolic link, not the link
    found = read_run_hash(folder)
    if found is None and (left := _left_by_others(folder)):
        raise FerError(f"{folder}: fer-train did not write the {left} in it; choose another hydra.run.dir")
    if found is None or not ((folder / RESULT).exists() or (folder / LAST_CHECKPOINT).exists()):
        return None
    way_out = "choose another hydra.run.dir, or empty the folder"
    if Path.cwd().is_relative_to(folder):
        raise FerError(
            f"{folder}: the run in this folder cannot be archived, as it contains the working folder; {way_out}"
        )
    first = folder.with_name(f"{folder.name}.{found}")
    numbered = (first.with_name(f"{first.name}.{number}") for number in count(2))
    place = next(place for place in chain([first], numbered) if not place.exists())
    try:
        folder.rename(place)
    except OSError as refusal:
        raise FerError(
            f"{folder}: the run in this folder cannot be moved to {place} ({refusal.strerror}); {way_out}"
        ) from refusal
    return place


def remove_identical_archives(folder: Path) -> None:
    """Removes archived runs that equal this finished run: same config, metrics and file names."""
    folder = folder.resolve()
    compared, names = _read_comparison(folder), _list_files(folder)
    for place in folder.parent.iterdir():
        if (
            is_archived(place.name, {folder.name})
            and _read_comparison(place) == compared
            and _list_files(place) <= names
        ):
            shutil.rmtree(place)


def read_run_hash(folder: Path) -> str | None:
    """Returns the config hash of the finished or unfinished run in the folder; None if there is none."""
    return read_result_hash(folder) or _read_hash(folder / SAVED_JOB)


def read_result_hash(folder: Path) -> str | None:
    """Returns the config hash of the result in the folder, as computed by this version; None if there is none."""
    return _read_hash(folder / RESULT)


def read_json(path: Path) -> dict[str, Any]:
    """Reads a JSON file of a run; returns an empty dict if it is missing or damaged, so that the run starts anew."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _left_by_others(folder: Path) -> Path | None:
    """What this run would write over, in a folder that holds no run of ours; what is not whole may be ours."""
    if (folder / SAVED_JOB).exists():
        return None
    return (
        Path(RESULT) if read_json(folder / RESULT) else LAST_CHECKPOINT if (folder / LAST_CHECKPOINT).exists() else None
    )


def _read_hash(path: Path) -> str | None:
    config = read_json(path).get("config")
    return config_hash(config) if isinstance(config, Mapping) else None


def _read_comparison(folder: Path) -> list[Any]:
    content = read_json(folder / RESULT)
    return [read_result_hash(folder), *(content.get(key) for key in ("metrics", "confusion_matrix", "data_digest"))]


def _list_files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
