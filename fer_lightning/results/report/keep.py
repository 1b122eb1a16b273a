"""Keeps the result.json files of a sweep for publication: nothing else of its jobs, and no path of the machine."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from fer_lightning.errors import FerError
from fer_lightning.results.report.collect import collect
from fer_lightning.results.result import FILE_NAME, Result, write

# a path from the root of the file system: what stands before it may be `key=`, a quote or a bracket, but no part of one
ABSOLUTE = re.compile(r"(?<![\w.~/:<>$-])(?:/[^/\s,'\"\]}]+)+")
TAIL = 3  # last parts of a path that stay: they tell the checkpoints of two runs apart


def keep(folders: Sequence[Path], into: Path) -> list[Path]:
    """Writes the finished runs' results below a folder, in place of those that are there, and returns where they are.

    Args:
        folders: of a sweep, or above runs; of several each becomes a folder by its name.
        into: such as `docs/results/NAME`; below it stands each job under its own name.

    Raises:
        FerError: a folder without a finished run, or that is no folder.
    """
    kept: dict[Path, Result] = {}
    for folder in folders:
        if not folder.is_dir():
            raise FerError(f"{folder} is no folder: name that of a sweep, as in logs/sweeps/NAME")
        runs = collect([folder]).runs
        if not runs:
            raise FerError(f"{folder}: no finished run in it or below, so there is no result to keep")
        above = Path(folder.resolve().name) if len(folders) > 1 else Path()
        for run in runs:
            kept[into / above / os.path.relpath(run.folder, folder)] = published_result(run.result)
    _empty(into)
    for place, result in kept.items():
        place.mkdir(parents=True, exist_ok=True)
        write(result, place)
    return list(kept)


def _empty(folder: Path) -> None:
    """Removes the results below, and the folders that only held them."""
    for old in sorted(folder.rglob(FILE_NAME)):
        old.unlink()
        for above in old.parents:
            if above == folder.parent or any(above.iterdir()):
                break
            above.rmdir()


def published_result(result: Result) -> Result:
    """The result without paths of the machine, and without files, for none is beside it.

    The roots of the config's `paths` become their names, as in `<data_dir>/fer2013`, the working and the home directory
    `.` and `~`; of any other path from the root the last parts stay. `config_hash` is as the run wrote it.
    """
    paths = result.config.get("paths")
    named = (
        {str(root).rstrip("/"): f"<{name}>" for name, root in paths.items() if root}
        if isinstance(paths, Mapping)
        else {}
    )
    roots = {str(Path.cwd()): ".", str(Path.home()): "~"} | named
    # the longest first: one may lie in the other
    told = sorted(((root, name) for root, name in roots.items() if _is_long(root)), key=lambda pair: -len(pair[0]))
    shortened = _shortened(asdict(result), told)
    return replace(Result(**shortened), files={})


def _is_long(root: str) -> bool:
    return root.startswith("/") and len(root) > 1


def _shortened(value: Any, roots: Sequence[tuple[str, str]]) -> Any:
    if isinstance(value, Mapping):
        return {key: _shortened(inner, roots) for key, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner, roots) for inner in value]
    if not isinstance(value, str):
        return value
    for root, name in roots:
        value = re.sub(rf"(?<![\w.~/:>-]){re.escape(root)}(?![\w.-])", name, value)
    return ABSOLUTE.sub(lambda found: "/".join(["<elsewhere>", *_tail(found[0])]), value)


def _tail(path: str) -> list[str]:
    parts = path.split("/")[1:]
    return parts[-TAIL:] if len(parts) > TAIL else parts[-1:]
