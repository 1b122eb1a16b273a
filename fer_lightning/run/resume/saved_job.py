"""job.json: what a run was asked to do, written when it begins, so that it can be resumed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import NoneType
from typing import Any

from fer_lightning.atomic_write import atomic_write
from fer_lightning.config_keys import GroupKind, groups, is_place
from fer_lightning.errors import FerError
from fer_lightning.moved_paths import update_targets
from fer_lightning.run.job import Job

FILE_NAME = "job.json"
# the type of each key; those that may be null are also absent in runs of earlier versions
TYPES: dict[str, tuple[type, ...]] = {
    **{"config": (dict,), "choices": (dict,), "overrides": (list,), "output_dir": (str,), "started": (str,)},
    **{"data_digest": (dict, NoneType), "wandb_id": (str, NoneType)},
}


def save(job: Job) -> None:
    """Writes job.json into the run's folder, whole or not at all; its paths are good in any working folder."""
    paths = job.config["paths"]
    roots = {root: str(Path(root).absolute()) for root in paths.values()}
    content = {
        "config": {
            **_make_absolute(replace_paths(job.config, roots)),
            "paths": {name: roots[root] for name, root in paths.items()},
        },
        "choices": job.choices,
        "overrides": job.overrides,
        "output_dir": str(job.output_dir),
        "started": job.started.isoformat(),
        "data_digest": job.data_digest,
        "wandb_id": job.wandb_id,
    }
    with atomic_write(job.output_dir / FILE_NAME) as scratch:
        scratch.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def load(folder: Path) -> Job:
    """The job of a run's folder, which may have been moved since.

    Raises:
        FerError: no folder, or no job.json in it that can be read.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        what = "has no job.json: a run of fer-train does" if folder.is_dir() else "does not exist"
        raise FerError(f"resume={folder}: the folder {what}; choose the folder of a run, as in resume=logs/runs/<time>")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as broken:
        raise FerError(f"{path} is no whole JSON file ({broken}): start the run anew") from broken
    if not _is_saved_job(content):
        raise FerError(f"{path} is not as fer-train writes it: start the run anew")
    here = folder.resolve()
    job = Job(
        config=update_targets(content["config"]),
        choices=content["choices"],
        overrides=content["overrides"],
        output_dir=here,
        started=datetime.fromisoformat(content["started"]),
        resumed=True,
        data_digest=content.get("data_digest") or {},
        wandb_id=content.get("wandb_id"),
    )
    places = {content["output_dir"]: str(here)} if content["output_dir"] != str(here) else {}
    return replace(job, config=replace_paths(job.config, places), places=places)


def _is_saved_job(content: Any) -> bool:
    if not isinstance(content, dict) or not all(isinstance(content.get(key), kinds) for key, kinds in TYPES.items()):
        return False
    try:
        datetime.fromisoformat(content["started"])
    except ValueError:
        return False
    config, choices = content["config"], content["choices"]
    nodes = (*groups(GroupKind.ONE), "paths", "callbacks")
    return choices.keys() >= set(groups(GroupKind.ONE)) and all(isinstance(config.get(name), dict) for name in nodes)


def _make_absolute(value: Any, key: str = "") -> Any:
    """Plain data in which what a user named as a file or folder holds in any working folder; `key` is dotted."""
    if isinstance(value, Mapping):
        return {name: _make_absolute(inner, f"{key}.{name}" if key else str(name)) for name, inner in value.items()}
    named = isinstance(value, str) and is_place(key) and value
    return str(Path(value).expanduser().absolute()) if named else value


def replace_paths(value: Any, places: Mapping[str, str]) -> Any:
    """Plain data in which every path below one of `places` lies below its new place; one word alone is no path."""
    if isinstance(value, Mapping):
        return {replace_paths(key, places): replace_paths(inner, places) for key, inner in value.items()}
    if isinstance(value, list):
        return [replace_paths(inner, places) for inner in value]
    if isinstance(value, str) and os.sep in value:
        for old, new in places.items():
            if value == old or value.startswith(f"{old}{os.sep}"):
                return new + value[len(old) :]
    return value
