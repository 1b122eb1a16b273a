"""Explains Hydra's errors about overrides: the key, the choices and how to fix it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hydra.errors import HydraException, OverrideParseException
from omegaconf import DictConfig, ListConfig

from fer_lightning.config_keys import GroupKind, groups
from fer_lightning.errors import choices, underlying_mistake
from fer_lightning.run.config.compose import EVAL, TRAIN, compose, list_options, list_sweeps
from fer_lightning.run.config.name_clashes import CONFIG_DIR
from fer_lightning.run.config.override_grammar import quote
from fer_lightning.run.sweep.base_callback import describe_wrong_command

NO_OPTION = re.compile(
    r"Could not (?:find|load) '(?P<group>[^']+)/(?P<option>[^'/]+)'(?:.*?:\n\t(?P<known>.*?)\nConfig)?", re.S
)
SEVERAL = re.compile(r"(?:Ambiguous value for argument|Sweep parameters) '(?P<key>[^=]+)=(?P<values>.*)'")
NO_KEY = re.compile(r"Could not override '(?P<key>[^'@]+)")


def explain(mistake: Exception, config_name: str, typed: Sequence[str]) -> str:
    """Returns the message to print for `mistake`.

    Args:
        mistake: the exception that ended the command.
        config_name: its YAML file in conf/.
        typed: the command's arguments.
    """
    if own := underlying_mistake(mistake):
        return str(own)
    if isinstance(mistake, OverrideParseException):
        return (
            f"{mistake.override}: cannot be read as key=value; lists are [a,b], maps {{a: b}}, and texts with commas "
            "or brackets stand in quotes"
        )
    if is_null_group(mistake):
        return (
            "a group takes the name of one of its options, not null; logger, augment, mix, pages have the option none"
        )
    if told := _explain_sweep_of_other_command(f"fer-{config_name}", typed):
        return told
    text = str(mistake) or str(mistake.__cause__)
    if found := NO_OPTION.search(text):
        group, option = found["group"], found["option"]
        known = found["known"].split("\n\t") if found["known"] else list_options(group)
        return f"{group}={option}: no such option; choose among {choices(known, option)}"
    if found := SEVERAL.search(text):
        key, values = found["key"], found["values"]
        told = f"{key}={values}: several values take a run each, with -m, as in fer-{config_name} -m {key}={values}"
        takes_several = key in groups(GroupKind.SEVERAL) or _takes_list(key, config_name, typed)
        return f"{told}; one run with all of them takes brackets, '{key}=[{values}]'" if takes_several else told
    if found := NO_KEY.search(text):
        return _explain_unknown_key(found["key"], config_name, typed)
    return text


def _explain_sweep_of_other_command(command: str, typed: Sequence[str]) -> str:
    """Explains `sweep=` of another command, whose file may set groups that this command lacks."""
    named = [word.removeprefix("sweep=") for word in typed if word.startswith("sweep=")]
    others = {option: other for other in (TRAIN, EVAL) if other != command for option in list_sweeps(other)}
    own = others.get(named[-1]) if named and command in (TRAIN, EVAL) else None
    return describe_wrong_command(named[-1], own, command) if own else ""


def is_null_group(mistake: Exception) -> bool:
    """Whether Hydra raised this for a group that is null, such as `data=null`; only the text identifies it."""
    return "Config group override must be" in str(mistake)


def _takes_list(key: str, config_name: str, typed: Sequence[str]) -> bool:
    """Whether the key has a list in the config of the typed options."""
    node = _compose_options_only(config_name, typed)
    for part in key.split("."):
        node = node._get_node(part) if isinstance(node, DictConfig) else None
    return isinstance(node, ListConfig)


def _explain_unknown_key(key: str, config_name: str, typed: Sequence[str]) -> str:
    node = _compose_options_only(config_name, typed)
    place = ""
    for part in key.split("."):
        if not isinstance(node, DictConfig):
            return f"{key}: no such key, for {place} is a single value"
        if part not in node:
            inside = f" in {place}" if place else ""
            known = [str(name) for name in node if not str(name).startswith("_")]
            if not place and list_options(part):
                return f"{key}: {config_name} takes no {part}; leave it out"
            if place and not node:
                return f"{key}: {place} is an empty map; add to it with +{key}=VALUE"
            return f"{key}: no such key{inside}; choose among {choices(known, part)}"
        node = node._get_node(part)
        place = f"{place}.{part}" if place else part
    return f"{key}: a group is chosen by its name alone, as in {key}=OPTION"


def _compose_options_only(config_name: str, typed: Sequence[str]) -> object:
    """Composes the typed options without the typed values, one of which is invalid."""
    own = [word.removeprefix(CONFIG_DIR) for word in typed if word.startswith(CONFIG_DIR)]
    search_path = [f"hydra.searchpath=[{','.join(quote(f'file://{Path(place).absolute()}') for place in own)}]"]
    chosen = [
        word for word in typed if "=" in word and "." not in word.split("=")[0] and list_options(word.split("=")[0])
    ]
    try:
        return compose([*search_path, *chosen], config_name)
    except HydraException:
        return compose((), config_name)
