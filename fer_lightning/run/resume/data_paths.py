"""Updates the data paths of a resumed run to the current root folders or the command line."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fer_lightning.config_keys import Effect, row_of
from fer_lightning.errors import FerError, choices
from fer_lightning.os_errors import VARIABLES
from fer_lightning.run.job import Job
from fer_lightning.run.resume.saved_job import replace_paths

log = logging.getLogger(__name__)

ROOTS = ("data_dir", "cache_dir")


def is_data_path(key: str) -> bool:
    """Whether the key is a data path that a resume may change; the default config may lack it."""
    row = row_of(key)
    return row.place and row.on_resume and key.startswith("data.")


def update_data_paths(config: Mapping[str, Any], typed: Job) -> dict[str, Any]:
    """Returns the config of a run with the current data paths.

    A root folder is replaced if its variable (FER_DATA, FER_CACHE) is set or it is typed; if the data are not in the
    new root, the previous paths are used. Typed paths take precedence.

    Args:
        config: from the run's folder.
        typed: the composed command line.

    Raises:
        FerError: a typed path is not part of this run's data.
    """
    given = [word.lstrip("+").partition("=")[0] for word in typed.overrides]
    roots = {}
    for root in ROOTS:
        key, before = f"paths.{root}", str(config["paths"][root])
        now = str(Path(typed.config["paths"][root]).expanduser().absolute())
        if now != before and (key in given or os.environ.get(VARIABLES[key])):
            roots[before] = now
    data = replace_paths(config["data"], roots)
    if _is_missing(data) and not _is_missing(config["data"]):
        log.info("the data of this run are not below %s; they are read from where they were", ", ".join(roots.values()))
        roots, data = {}, config["data"]
    for key in filter(is_data_path, given):
        value = _get_value(typed.config, key)
        data = _set_value(data, key.split(".")[1:], value, key)
    paths = {name: roots.get(str(place), place) for name, place in config["paths"].items() if name in ROOTS}
    return {**config, "data": data, "paths": {**config["paths"], **paths}}


def _is_missing(data: Mapping[str, Any]) -> bool:
    """Whether a data path does not exist."""
    return any(not Path(place).exists() for place in _list_content_paths(data, "data"))


def _list_content_paths(value: Any, key: str) -> list[str]:
    if isinstance(value, Mapping):
        return [place for name, inner in value.items() for place in _list_content_paths(inner, f"{key}.{name}")]
    return [value] if isinstance(value, str) and row_of(key).effect is Effect.CONTENT else []


def _get_value(config: Any, key: str) -> Any:
    for name in key.split("."):
        config = config[name]
    return config


def _set_value(node: Any, names: list[str], value: Any, key: str) -> dict[str, Any]:
    """Returns the node with a new value at the path `names`."""
    name, *rest = names
    if not isinstance(node, Mapping) or name not in node:
        known = choices(node) if isinstance(node, Mapping) else "none"
        raise FerError(f"{key}: the data of this run are not read from such a place; their config has {known} there")
    return {**node, name: _set_value(node[name], rest, value, key) if rest else value}
