"""Exports the results of a sweep and their curves for publication, without paths of the machine or other files."""

from __future__ import annotations

import csv
import io
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from fer_lightning.errors import FerError
from fer_lightning.results.report.discover_runs import discover_runs
from fer_lightning.results.report.learning_curves import FILE, logged
from fer_lightning.results.report.model import Run
from fer_lightning.results.result import FILE_NAME, Result, write

log = logging.getLogger(__name__)

# a path from the root of the file system: what stands before it may be `key=`, a quote or a bracket, but no part of one
ABSOLUTE = re.compile(r"(?<![\w.~/:<>$-])(?:/[^/\s,'\"\]}]+)+")
METRICS = "metrics.csv"
COUNTED = ("epoch", "step")
TAIL = 3  # last parts of a path that stay: they tell the checkpoints of two runs apart


def export_results(folders: Sequence[Path], into: Path) -> list[Path]:
    """Writes the finished runs' results below a folder, in place of those that are there, and returns where they are.

    Beside a result stands what learning curves need of the run's metrics.csv, where it kept one.

    Args:
        folders: of a sweep, or above runs; of several each becomes a folder by its name.
        into: such as `docs/results/NAME`; below it stands each job under its own name.

    Raises:
        FerError: a folder without a finished run, or that is no folder.
    """
    kept: dict[Path, tuple[Result, str]] = {}
    for folder in folders:
        if not folder.is_dir():
            raise FerError(f"{folder} is no folder: name that of a sweep, as in logs/sweeps/NAME")
        runs = discover_runs([folder]).runs
        if not runs:
            raise FerError(f"{folder}: no finished run in it or below, so there is no result to keep")
        above = Path(folder.resolve().name) if len(folders) > 1 else Path()
        for run in runs:
            kept[into / above / os.path.relpath(run.folder, folder)] = anonymised(run.result), epochs_of(run)
    _empty(into)
    for place, (result, epochs) in kept.items():
        place.mkdir(parents=True, exist_ok=True)
        if epochs:
            (place / METRICS).write_text(epochs, encoding="utf-8", newline="")
        write(replace(result, files={FILE: METRICS} if epochs else {}), place)
    return list(kept)


def _empty(folder: Path) -> None:
    """Removes the results below with their curves, and the folders that only held them."""
    for old in sorted(folder.rglob(FILE_NAME)):
        old.unlink()
        (old.parent / METRICS).unlink(missing_ok=True)
        for above in old.parents:
            if above == folder.parent or any(above.iterdir()):
                break
            above.rmdir()


def epochs_of(run: Run) -> str:
    """The run's metrics.csv without recalls and tests, of six digits; "" where there is none, or it cannot be read."""
    path, names = run.file(FILE), [name for name in logged(run) if "/recall/" not in name]
    if path is None or not names:
        return ""
    kept = io.StringIO()
    table = csv.writer(kept, lineterminator="\n")
    table.writerow([*COUNTED, *names])
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if any(row.get(name) for name in names):
                    table.writerow([*(row.get(name) or "" for name in COUNTED), *(_short(row.get(n)) for n in names)])
    except (ValueError, csv.Error) as broken:  # also bytes that are no UTF-8
        log.warning(f"{path} is no table of epochs ({broken}): the result is kept without its curves")
        return ""
    return kept.getvalue()


def _short(figure: str | None) -> str:
    return f"{float(figure):.6g}" if figure else ""


def anonymised(result: Result) -> Result:
    """The result without paths of the machine, and without files, for none is beside it yet.

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
    return replace(Result(**shortened), files={}, file_digests={})


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
