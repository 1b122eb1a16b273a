"""Puts the flags of a command, which are Hydra's, in front of its overrides, so that both may be typed in any order."""

from __future__ import annotations

from argparse import Action
from collections.abc import Collection, Sequence

from hydra._internal.utils import get_args_parser

from fer_lightning.errors import FerError, choices
from fer_lightning.run.config.override_grammar import expand_home

CONFIG_DIR = "--config-dir"
ALONE = ("--cfg", "--info", "--multirun", "--run", "--shell-completion")  # what is to be done
# not offered in messages: they name other files than ours, or are for Hydra's own use
HIDDEN = ("--config-path", "--config-name", "--experimental-rerun", "--shell-completion", "--version")


def move_flags_first(arguments: Sequence[str]) -> list[str]:
    """The same arguments, the flags first: each one word and spelled out, as in `--multirun` and `--config-dir=DIR`.

    Raises:
        FerError: an unknown flag, one without its value or with a wrong one, a value said twice, or flags of which one
            excludes or needs another.
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
            raise FerError(f"{flag}={value} beside {flags[flag]}: it can be said once")
        flags[flag] = f"{flag}={expand_home(value, flag) if flag == CONFIG_DIR else value}"
    _check_combination(flags)
    return [*flags.values(), *words]


def _check_combination(flags: Collection[str]) -> None:
    """Raises FerError for flags of which Hydra takes one alone, or not without another."""
    together = [flag for flag in ALONE if flag in flags]
    if len(together) > 1 and "--help" not in flags:
        raise FerError(
            f"{together[0]} beside {together[1]}: leave one out; what prints a config does so for one value of each key"
        )
    if "--resolve" in flags and not {"--cfg", "--help"} & set(flags):
        raise FerError("--resolve: it follows references in what --cfg prints, as in --cfg=job --resolve")


def _take_value(action: Action, rest: list[str]) -> str:
    """Takes the flag's value from the words behind it."""
    if action.nargs == "?":  # of --info, which an override may follow
        return rest.pop(0) if rest and rest[0] in (action.choices or ()) else str(action.const)
    return rest.pop(0) if rest and not rest[0].startswith("-") else ""


def _example(action: Action) -> str:
    return next(iter(action.choices)) if action.choices else action.dest.rpartition("_")[2].upper()
