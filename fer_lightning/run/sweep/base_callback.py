"""Base of the Hydra callbacks of sweeps: requested overrides, folder, and clear errors."""

from __future__ import annotations

import sys
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.experimental.callback import Callback
from omegaconf import DictConfig, flag_override

from fer_lightning.errors import FerError, choices
from fer_lightning.os_errors import as_fer_error
from fer_lightning.run.config.compose import EVAL, get_sweep_command, list_sweeps
from fer_lightning.run.config.configured_paths import list_configured_paths
from fer_lightning.run.config.override_grammar import quote

DIR = "hydra.sweep.dir"


class BaseSweepCallback(Callback, ABC):
    """Rejects the sweep file of another command, and ends the command with one line on errors in `begin`."""

    command: ClassVar[str]

    def __init__(self) -> None:
        # Hydra turns exceptions of callbacks into warnings and continues
        warnings.filterwarnings("error", message=f"Callback {type(self).__name__}")

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Called before the first job, with the config that all jobs share."""
        try:
            check_command(config.hydra, config, self.command)
            with as_fer_error(list_configured_paths(config)):
                self.begin(config)
        except FerError as mistake:
            print(f"error: {mistake}", file=sys.stderr)
            sys.exit(1)

    @abstractmethod
    def begin(self, config: DictConfig) -> None:
        """Prepares the sweep.

        Raises:
            FerError: the sweep cannot run as requested.
        """


def list_overrides(config: DictConfig) -> list[str]:
    """Returns the overrides of the sweep's file, followed by the typed ones, which take precedence."""
    parameters = config.hydra.sweeper.get("params") or {}
    return [*(f"{key}={value}" for key, value in parameters.items()), *config.hydra.overrides.task]


def parse_by_key(words: Sequence[str]) -> dict[str, Override]:
    """Parses overrides; the last one of each key counts."""
    return {word.get_key_element(): word for word in OverridesParser.create().parse_overrides(list(words))}


def list_swept_keys(words: Mapping[str, Override]) -> list[str]:
    """Returns the keys with several values.

    Raises:
        FerError: `sweep_name` is one of them.
    """
    keys = [key for key, word in words.items() if word.is_sweep_override()]
    if "sweep_name" in keys:
        raise FerError("sweep_name: a sweep has one name; start a sweep for each")
    return keys


def resolve_dir(config: DictConfig, name: str) -> Path:
    """Resolves the sweep's folder and sets it for its jobs: `sweeps/<name>` in the log folder by default.

    Raises:
        FerError: the name is not valid for a folder.
    """
    if any(word.lstrip("+").startswith(f"{DIR}=") for word in config.hydra.overrides.hydra):
        sweep_dir = Path(config.hydra.sweep.dir).absolute()
    else:
        if Path(name).name != name or name.startswith("."):
            raise FerError(f"sweep_name={name}: it becomes a folder; take letters, digits, _ . = + and -")
        sweep_dir = (Path(config.paths.log_dir) / "sweeps" / name).absolute()
    set_override(config, "dir", str(sweep_dir), quote(sweep_dir))
    return sweep_dir


def set_override(config: DictConfig, key: str, value: str, word: str) -> None:
    """Sets `hydra.sweep.<key>` for the sweep and, as override `word`, for each job."""
    with flag_override(config, ["struct", "readonly"], False):
        config.hydra.sweep[key] = value
        config.hydra.overrides.hydra.append(f"hydra.sweep.{key}={word}")


def describe_wrong_command(option: str, own: str, command: str) -> str:
    """Returns the error for `sweep=<option>`, which is for the command `own` instead of `command`."""
    if own == EVAL:
        return f"sweep={option} tests checkpoints: {EVAL} sweep={option} ckpt=PATH"
    return f"sweep={option} is for {own}; {command} takes {choices(list_sweeps(command))}"


def check_command(hydra: Any, config: DictConfig, command: str) -> None:
    """Checks that the selected file of the group `sweep` is for this command.

    Raises:
        FerError: it is for another.
    """
    option, own = hydra.runtime.choices.get("sweep"), get_sweep_command(config)
    if option is not None and own != command:
        raise FerError(describe_wrong_command(option, own, command))
