"""Turns the bare paths of `fer-report PATH... [key=value ...]` into an override."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import conf_dir
from fer_lightning.run.config.override_grammar import format_list, path_exists
from fer_lightning.run.config.yaml_source import parse, read_text

KEY = "results"  # of conf/report.yaml; `paths` is a group of conf/, of which Hydra would look for an option
PATHS_PREFIX = "paths="


def collect_paths(arguments: Sequence[str]) -> list[str]:
    """The arguments with `results=[...]` in place of the paths among them.

    A word is a path if it exists, and also if it is neither a flag nor `key=value` with a key of fer-report or Hydra:
    then it will be said that it is not there.

    Args:
        arguments: flags as `command_flags.move_flags_first` writes them.

    Raises:
        FerError: paths said bare and as a list at once.
    """
    paths: list[str] = []
    rest: list[str] = []
    for word in arguments:
        is_path = not word.startswith("-") and (path_exists(word) or not _is_override(word))
        (paths if is_path else rest).append(word)
    named = [word for word in rest if word.startswith((PATHS_PREFIX, f"{KEY}="))]
    if paths and named:
        raise FerError(f"{named[0]} beside {paths[0]}: say all paths bare, or all of them in {PATHS_PREFIX}[...]")
    rest = [f"{KEY}={word.removeprefix(PATHS_PREFIX)}" if word.startswith(PATHS_PREFIX) else word for word in rest]
    return [*rest, f"{KEY}={format_list(paths)}"] if paths else rest


@cache
def list_report_keys() -> frozenset[str]:
    """What a user may set of fer-report: the keys of conf/report.yaml, and `paths` for the bare words."""
    path = conf_dir() / "report.yaml"
    return frozenset({*map(str, parse(read_text(path), path)), "paths"} - {"defaults", "hydra"})


def _is_override(word: str) -> bool:
    key, equals, _ = word.lstrip("+~").partition("=")
    return bool(equals) and (key in {*list_report_keys(), "hydra"} or key.startswith(("hydra.", "hydra/")))
