"""Collects the positional paths of `fer-report PATH... [key=value ...]` into one override."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import conf_dir
from fer_lightning.run.config.override_grammar import format_list, path_exists
from fer_lightning.run.config.yaml_source import parse, read_text

KEY = "results"  # in conf/report.yaml; `paths` is a group of conf/, so Hydra would look for one of its options
PATHS_PREFIX = "paths="


def collect_paths(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments with `results=[...]` in place of the positional paths.

    A word is a path if it exists, or if it is neither a flag nor `key=value` with a key of fer-report or Hydra; a
    missing path is reported later.

    Args:
        arguments: flags as `command_flags.move_flags_first` writes them.

    Raises:
        FerError: paths are given both as words and as a list.
    """
    paths: list[str] = []
    rest: list[str] = []
    for word in arguments:
        is_path = not word.startswith("-") and (path_exists(word) or not _is_override(word))
        (paths if is_path else rest).append(word)
    named = [word for word in rest if word.startswith((PATHS_PREFIX, f"{KEY}="))]
    if paths and named:
        raise FerError(f"{named[0]} beside {paths[0]}: give all paths as words, or all of them in {PATHS_PREFIX}[...]")
    rest = [f"{KEY}={word.removeprefix(PATHS_PREFIX)}" if word.startswith(PATHS_PREFIX) else word for word in rest]
    return [*rest, f"{KEY}={format_list(paths)}"] if paths else rest


@cache
def list_report_keys() -> frozenset[str]:
    """Returns the keys that a user may set: those of conf/report.yaml, and `paths`."""
    path = conf_dir() / "report.yaml"
    return frozenset({*map(str, parse(read_text(path), path)), "paths"} - {"defaults", "hydra"})


def _is_override(word: str) -> bool:
    key, equals, _ = word.lstrip("+~").partition("=")
    return bool(equals) and (key in {*list_report_keys(), "hydra"} or key.startswith(("hydra.", "hydra/")))
