"""Moves the flags of a command, which belong to Hydra, before its overrides: users may type both in any order."""

from __future__ import annotations

from argparse import Action
from collections.abc import Collection, Sequence

from hydra._internal.utils import get_args_parser

from fer_lightning.errors import FerError, choices
from fer_lightning.run.config.override_grammar import expand_home

CONFIG_DIR = "--config-dir"
ALONE = ("--cfg", "--info", "--multirun", "--run", "--shell-completion")  # actions, of which a command takes one
# not suggested in messages: they select other config files, or Hydra uses them itself
HIDDEN = ("--config-path", "--config-name", "--experimental-rerun", "--shell-completion", "--version")


def move_flags_first(arguments: Sequence[str]) -> list[str]:
    """Returns the arguments, flags first; each flag is one word with its long name, as in `--config-dir=DIR`.

    Raises:
        FerError: an unknown flag, a missing, invalid or repeated value, or flags that exclude or require each other.
    """
    known = {name: action for action in get_args_parser()._actions for name in action.option_strings}
    flags: dict[str, str] = {}
    words: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            words.append(word)
            continue
        typed, equals, value = word.partition("=")
        action = known.get(typed)
        if action is None:
            offered = [name for name in known if name.startswith("--") and name not in HIDDEN]
            raise FerError(f"{typed}: no such flag; choose among {choices(offered, typed)}")
        flag = action.option_strings[0]
        if action.nargs == 0:
            flags[flag] = flag
            continue
        if not equals:
            value = _take_value(action, rest)
        if not value:
            raise FerError(f"{typed}: its value is missing, as in {flag}={_example(action)}")
        if action.choices and value not in action.choices:
            raise FerError(f"{flag}={value}: choose among {choices(action.choices, value)}")
        if flag in flags and flags[flag] != f"{flag}={value}":
            raise FerError(f"{flag}={value} beside {flags[flag]}: it may be given only once")
        flags[flag] = f"{flag}={expand_home(value, flag) if flag == CONFIG_DIR else value}"
    _check_combination(flags)
    return [*flags.values(), *words]


def _check_combination(flags: Collection[str]) -> None:
    """Raises FerError if flags exclude each other, or if one requires another that is missing."""
    together = [flag for flag in ALONE if flag in flags]
    if len(together) > 1 and "--help" not in flags:
        raise FerError(
            f"{together[0]} beside {together[1]}: leave one out; what prints a config does so for one value of each key"
        )
    if "--resolve" in flags and not {"--cfg", "--help"} & set(flags):
        raise FerError("--resolve: it follows references in what --cfg prints, as in --cfg=job --resolve")


def _take_value(action: Action, rest: list[str]) -> str:
    """Removes the flag's value from the remaining words and returns it."""
    if action.nargs == "?":  # of --info, which an override may follow
        return rest.pop(0) if rest and rest[0] in (action.choices or ()) else str(action.const)
    return rest.pop(0) if rest and not rest[0].startswith("-") else ""


def _example(action: Action) -> str:
    return next(iter(action.choices)) if action.choices else action.dest.rpartition("_")[2].upper()
