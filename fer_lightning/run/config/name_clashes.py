"""Rejects user YAML files with the name of one of ours: Hydra would silently read ours instead."""

from __future__ import annotations

import filecmp
from collections.abc import Iterable, Sequence
from itertools import combinations
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from fer_lightning.errors import FerError
from fer_lightning.run.config.yaml_source import ENDINGS

CONFIG_DIR, SEARCH_PATH = "--config-dir=", "hydra.searchpath="
SCHEME = "file://"


def check_name_clashes(arguments: Sequence[str], conf_dir: Path) -> None:
    """Compares the config folders of a command with `conf_dir` and with each other.

    Files with the same name and content, as in a partly changed copy of conf/, are accepted.

    Args:
        arguments: of the command, as `command_flags.move_flags_first` writes them.
        conf_dir: our own folder.

    Raises:
        FerError: a folder does not exist, or two different files have the same name.
    """
    folders = [conf_dir, *map(Path, _list_user_folders(arguments))]
    for folder in folders:
        if not folder.is_dir():
            raise FerError(f"{CONFIG_DIR}{folder}: no such folder")
    groups = [path.name for path in conf_dir.iterdir() if path.is_dir()]
    for first, second in combinations(folders, 2):
        for option, file in sorted(_list_yaml_files(first, groups).items()):
            for ending in ENDINGS:
                own = second / f"{option}{ending}"
                if own.is_file() and not filecmp.cmp(file, own, shallow=False):
                    raise FerError(f"{own} has the name of {file}, which would be read in its place: rename it")


def _list_user_folders(arguments: Sequence[str]) -> list[str]:
    """Returns the folders of --config-dir and hydra.searchpath, without Python packages (pkg://)."""
    given = [word.removeprefix(CONFIG_DIR) for word in arguments if word.startswith(CONFIG_DIR)]
    for word in arguments:
        if word.startswith(SEARCH_PATH):
            try:
                typed = OverridesParser.create().parse_override(word).value()
            except HydraException:  # Hydra reports it later
                continue
            paths = [str(place).removeprefix(SCHEME) for place in typed] if isinstance(typed, list) else []
            given += [path for path in paths if "://" not in path]
    return given


def _list_yaml_files(folder: Path, groups: Iterable[str]) -> dict[str, Path]:
    """Returns the YAML files at the top of a folder and in its groups, by relative path without suffix."""
    files = [*folder.glob("*"), *(file for group in groups for file in (folder / group).rglob("*"))]
    return {str(file.relative_to(folder).with_suffix("")): file for file in files if file.suffix in ENDINGS}
