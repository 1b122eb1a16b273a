"""Result: everything that a finished run says about itself, as `result.json`."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from functools import cache
from hashlib import blake2b
from importlib import metadata
from pathlib import Path
from typing import Any, get_type_hints

from fer_lightning.config_keys import deciding
from fer_lightning.errors import FerError
from fer_lightning.moved_paths import original_targets, update_targets
from fer_lightning.results.schema import fault, plain, printable, write_json

FILE_NAME = "result.json"

PACKAGES = (
    *("fer_lightning", "torch", "torchvision", "pytorch-lightning", "torchmetrics", "hydra-core", "omegaconf"),
    *("albumentations", "timm", "numpy", "opencv-python-headless"),
)


@dataclass(frozen=True)
class Result:
    """One finished run; every value is plain JSON.

    Attributes:
        config_hash: `config_hash(config)`; runs that share it are the same experiment.
        choices: config group to the option taken.
        overrides: what the user typed.
        config: the resolved config.
        seed: the seed of every generator.
        protocol: the name of the split's rule.
        class_names: C names, in the order of `confusion_matrix`.
        metrics: `<stage>/<metric>` to a fraction in 0..1; None where undefined.
        confusion_matrix: (C, C) test images, rows true, columns predicted.
        timing: `fit_seconds`, `fit_images_per_second`, `test_seconds`, `test_images_per_second`; None without a fit.
        world_size: processes that trained.
        resumed_from_epoch: the epoch at which a resumed run went on.
        paper: `title`, `table`, `row`, `column`, `metric`, `value` that the paper reports, where the config names one.
        files: name to path relative to the run's folder.
        versions: package to installed version.
        started: ISO 8601, UTC.
        finished: ISO 8601, UTC.
        counts: `train`, `val`, `test` to images; of a test alone also `test_trained`, its images that trained the
            checkpoint.
        intervals: metric to its 95 % interval, low and high.
        file_digests: names of `files` to 16 hex digits of their bytes; of `predictions`.
        data_digest: `train`, `val`, `test` to 16 hex digits of their images and labels; of a test alone `test`.
    """

    config_hash: str
    choices: dict[str, Any]
    overrides: list[str]
    config: dict[str, Any]
    seed: int
    protocol: str
    class_names: list[str]
    metrics: dict[str, float | None]
    confusion_matrix: list[list[int]]
    timing: dict[str, float | None]
    world_size: int
    resumed_from_epoch: int | None
    paper: dict[str, Any] | None
    files: dict[str, str]
    versions: dict[str, str]
    started: str
    finished: str
    counts: dict[str, int] = field(default_factory=dict)
    intervals: dict[str, list[float]] = field(default_factory=dict)
    file_digests: dict[str, str] = field(default_factory=dict)
    data_digest: dict[str, str] = field(default_factory=dict)


def write(result: Result, folder: Path) -> None:
    """Writes `result.json` whole or not at all; NaN and infinity become null, numpy values plain ones.

    Raises:
        FerError: a file that the result names is not in the folder, or a field has the wrong type.
    """
    path = folder / FILE_NAME
    for name, relative in result.files.items():
        if Path(relative).is_absolute() or not (folder / relative).exists():
            raise FerError(f"{path}: files['{name}'] names {relative}, which is no file relative to {folder}")
    content = plain(asdict(result))
    _check(content, path)
    write_json(content, path)


def read(path: Path) -> Result:
    """The result in a run's folder, or in the file itself; fields of later versions are left out.

    Raises:
        FerError: no such file, broken JSON, or a field that is missing or has the wrong type.
    """
    path = path / FILE_NAME if path.is_dir() else path
    if not path.is_file():
        raise FerError(f"{path} does not exist: the run is not finished, or this is not its folder")
    try:
        content = printable(json.loads(path.read_text(encoding="utf-8"), parse_constant=lambda _: None))
    except (ValueError, RecursionError) as broken:  # also bytes that are no UTF-8
        raise FerError(f"{path} is no whole JSON file ({broken}): run the job again") from broken
    if not isinstance(content, dict):
        raise FerError(f"{path} holds a {type(content).__name__} where a result is a JSON object: is it another file?")
    known = {f.name: content[f.name] for f in fields(Result) if f.name in content}
    _check(known, path)
    return Result(**{**known, "config": update_targets(known["config"])})


def config_hash(config: Mapping[str, Any]) -> str:
    """16 hex digits of what decides a run's metrics: all keys but those that `config_keys` says have no effect.

    The order of keys does not count, and a class that moved counts by its earliest path. `1` and `1.0` differ:
    `limit_train_batches: 1` is one batch and `1.0` is all.
    """
    roots = {str(root).rstrip("/") for root in (config.get("paths") or {}).values() if root}
    decided = _without_roots(original_targets(deciding(config)), sorted(roots, key=len, reverse=True))
    return blake2b(json.dumps(decided, sort_keys=True).encode(), digest_size=8).hexdigest()


def file_digest(path: Path) -> str:
    """16 hex digits of the bytes of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: blake2b(digest_size=8)).hexdigest()


def versions() -> dict[str, str]:
    """The installed versions of Python and of the packages that decide a run's numbers, none of them imported."""
    installed = {dist.metadata["Name"]: dist.version for name in PACKAGES for dist in metadata.distributions(name=name)}
    return {"python": platform.python_version(), **installed}


def _without_roots(value: Any, roots: list[str]) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _without_roots(v, roots) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_roots(v, roots) for v in value]
    if isinstance(value, str | Path):
        text = str(value)
        root = next((r for r in roots if text == r or text.startswith(f"{r}/")), None)
        return text if root is None else f"<paths>{text[len(root) :]}"
    return value


@cache
def _hints() -> dict[str, Any]:
    return get_type_hints(Result)


def _check(content: Mapping[str, Any], path: Path) -> None:
    hints = _hints()
    for f in fields(Result):
        if f.name not in content:
            if f.default_factory is MISSING:
                raise FerError(f"{path}: the field '{f.name}' is missing: is this the result of another program?")
        elif (wrong := fault(content[f.name], hints[f.name], f.name)) is not None:
            raise FerError(f"{path}: the field '{wrong}' is not of the type {hints[f.name]}")
    matrix, classes = content["confusion_matrix"], len(content["class_names"])
    if matrix and [len(row) for row in matrix] != [classes] * classes:
        raise FerError(
            f"{path}: the field 'confusion_matrix' is not {classes} x {classes}, one row for each class name"
        )
