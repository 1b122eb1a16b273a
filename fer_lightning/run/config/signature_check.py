"""Compares the keys and values of every node with a `_target_` with the parameters of the target."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import torch
from hydra.utils import get_object

from fer_lightning.errors import FerError, choices
from fer_lightning.run.config.inherited_keys import find_parent_option
from fer_lightning.run.config.number_ranges import check_numbers

# keys that Hydra itself reads in such a node
HYDRA_KEYS = frozenset({"_target_", "_partial_", "_args_", "_convert_", "_recursive_"})
PLAIN_TYPES: dict[Any, str] = {
    **{int: "a whole number", float: "a number", bool: "true or false", str: "a text", NoneType: "null"},
    **{dict: "a map, as in {a: b}", list: "a list, as in [a, b]"},
}
YAML_TYPES: dict[Any, type] = {Path: str, Mapping: dict, Sequence: list}  # annotation to the type of its values in YAML


def check_targets(config: Mapping[str, Any]) -> None:
    """Checks every node of a config against its target.

    Raises:
        FerError: a target does not exist, has no such parameter, or a value has the wrong type or is out of range.
    """
    for path, node in iter_nodes(config):
        target = str(node["_target_"])
        known = get_known_parameters(import_target(target, f"{path}._target_"), f"{path}._target_={target}")
        strange = [key for key in node if key not in HYDRA_KEYS and key not in known]
        if strange:
            named = choices(sorted(known), strange[0])
            said = f"{path}.{strange[0]}: {target} has no such parameter; choose among {named}"
            raise FerError(said + _explain_inherited([f"{path}.{key}" for key in strange]))
        check_values(path, node, known)


def check_values(path: str, node: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Checks the values of one node against the annotations in `known`, and numbers against their ranges.

    Args:
        path: of the node in the config, for messages.
        node: plain data; unknown keys are ignored.
        known: parameters of its target, as returned by `get_parameters`.

    Raises:
        FerError: a value of the wrong type, or a number that is not finite or out of its range.
    """
    for key, value in node.items():
        if key in HYDRA_KEYS or key not in known:
            continue
        if wanted := _mismatch(known[key], value):
            raise FerError(f"{path}.{key}={value}: it must be {wanted}")
        for place, part in _iter_non_texts(known[key], value):
            raise FerError(
                f"{path}.{key}{place}={part}: it must be a text; numbers, and what YAML takes for a truth value "
                '(yes, no, on, off, true, false), stand in quotes, as in "yes"'
            )
    check_numbers(path, node)


def _explain_inherited(keys: list[str]) -> str:
    """Explains from which file the selected option inherits the keys, and how to remove them."""
    found = find_parent_option(keys)
    if found is None:
        return ""
    own, source = found
    drop = " ".join(f"'~{key}'" for key in keys)
    return (
        f". {own.name} inherits {', '.join(keys)} from {source}: take {source.stem} out of its defaults and write what "
        f"the net needs, or drop the keys on the command line: {drop}"
    )


def import_target(target: str, where: str) -> Any:
    """Imports `target`; `where` is its key in the config, for the message.

    Raises:
        FerError: it cannot be imported.
    """
    try:
        return get_object(target)
    except (ImportError, AttributeError, ValueError) as absent:
        raise FerError(f"{where}={target}: nothing of that name can be imported ({absent})") from absent


def iter_nodes(value: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yields every dict with a `_target_` in a plain config, with its dotted path, outer ones first."""
    if isinstance(value, Mapping):
        if "_target_" in value:
            yield path, value
        for key, inner in value.items():
            yield from iter_nodes(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from iter_nodes(inner, f"{path}[{number}]")


def get_known_parameters(made: Any, named: str) -> dict[str, Any]:
    """The `get_parameters` of what a config names; `named` is the key with its value, for the message.

    Raises:
        FerError: the signature is unknown, as for some functions written in C and partial methods.
    """
    try:
        return get_parameters(made)
    except (TypeError, ValueError) as hidden:
        raise FerError(f"{named}: Python cannot tell what it takes; name another") from hidden


def get_parameters(made: Any) -> dict[str, Any]:
    """Returns parameter name to annotation of a function or class, including its parents' if it takes `**kwargs`."""
    found: dict[str, Any] = {}
    layers: list[Callable[..., Any]] = [made]
    if inspect.isclass(made):
        layers = [vars(layer)["__init__"] for layer in made.__mro__[:-1] if "__init__" in vars(layer)]
    for layer in layers:
        signature = _signature(layer).parameters.values()
        for p in signature:
            if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY) and p.name != "self":
                found.setdefault(p.name, p.annotation)
        if not any(p.kind is p.VAR_KEYWORD for p in signature):
            break
    return found


def _signature(layer: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(layer, eval_str=True)
    except NameError:  # the module imports an annotation only for type checkers
        return inspect.signature(layer)


def _members(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _iter_non_texts(annotation: Any, value: Any) -> Iterator[tuple[str, Any]]:
    """Yields the values, with their positions, that are not strings although the annotation requires strings."""
    # the last argument of Sequence[str] and Mapping[str, str] is the type of the values
    if not any(get_args(member)[-1:] == (str,) for member in _members(annotation)):
        return
    if isinstance(value, Mapping):
        yield from ((f".{key}", part) for key, part in value.items() if not isinstance(part, str))
    elif isinstance(value, list):
        yield from ((f"[{number}]", part) for number, part in enumerate(value) if not isinstance(part, str))


def _mismatch(annotation: Any, value: Any) -> str | None:
    """Describes the expected type if the annotation has only plain types and the value is of none of them."""
    members = _members(annotation)
    members = tuple(member for member in members if member not in (torch.Tensor, timedelta))  # not available in YAML
    origins = tuple(get_origin(member) or member for member in members)
    members = tuple(YAML_TYPES.get(origin, origin) for origin in origins)
    if not all(member in PLAIN_TYPES for member in members):
        return None
    members = tuple(dict.fromkeys(members))
    fits = type(value) in members or (float in members and type(value) is int)
    return None if fits else " or ".join(PLAIN_TYPES[member] for member in members)
