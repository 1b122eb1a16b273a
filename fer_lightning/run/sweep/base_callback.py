"""What the sweeps of every command begin with: what is asked for, their folder, and a mistake that ends the command."""

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
    """Refuses another command's sweep file, and ends the command in one line where `begin` finds a mistake."""

    command: ClassVar[str]

    def __init__(self) -> None:
        # of what a callback raises Hydra makes a warning, and goes on as if nothing were wrong
        warnings.filterwarnings("error", message=f"Callback {type(self).__name__}")

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:
        """Called with the config of what all jobs share, before the first is made."""
        try:
            check_command(config.hydra, config, self.command)
            with as_fer_error(list_configured_paths(config)):
                self.begin(config)
        except FerError as mistake:
            print(f"error: {mistake}", file=sys.stderr)
            sys.exit(1)

    @abstractmethod
    def begin(self, config: DictConfig) -> None:
        """Readies the sweep.

        Raises:
            FerError: it cannot be as it is asked for.
        """


def list_overrides(config: DictConfig) -> list[str]:
    """What the sweep's file asks for, and behind it what is typed, which wins."""
    parameters = config.hydra.sweeper.get("params") or {}
    return [*(f"{key}={value}" for key, value in parameters.items()), *config.hydra.overrides.task]


def parse_by_key(words: Sequence[str]) -> dict[str, Override]:
    """Key to what is asked of it last."""
    return {word.get_key_element(): word for word in OverridesParser.create().parse_overrides(list(words))}


def list_swept_keys(words: Mapping[str, Override]) -> list[str]:
    """The keys of which several values are asked for.

    Raises:
        FerError: `sweep_name` is one of them.
    """
    keys = [key for key, word in words.items() if word.is_sweep_override()]
    if "sweep_name" in keys:
        raise FerError("sweep_name: a sweep has one name; start a sweep for each")
    return keys


def resolve_dir(config: DictConfig, name: str) -> Path:
    """The sweep's folder, also said to its jobs: `sweeps/<name>` in the folder of logs, unless another was typed.

    Raises:
        FerError: the name is no folder's.
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
    """Sets `hydra.sweep.<key>` of the sweep, and of each job's own config by `word`, the value as it is typed."""
    with flag_override(config, ["struct", "readonly"], False):
        config.hydra.sweep[key] = value
        config.hydra.overrides.hydra.append(f"hydra.sweep.{key}={word}")


def describe_wrong_command(option: str, own: str, command: str) -> str:
    """What `command` says to `sweep=<option>`, which is for the command `own`."""
    if own == EVAL:
        return f"sweep={option} tests checkpoints: {EVAL} sweep={option} ckpt=PATH"
    return f"sweep={option} is for {own}; {command} takes {choices(list_sweeps(command))}"


def check_command(hydra: Any, config: DictConfig, command: str) -> None:
    """Looks whether the chosen file of the group `sweep` is for this command.

    Raises:
        FerError: it is for another.
    """
    option, own = hydra.runtime.choices.get("sweep"), get_sweep_command(config)
    if option is not None and own != command:
        raise FerError(describe_wrong_command(option, own, command))
