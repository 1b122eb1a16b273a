"""Checks that the config in a checkpoint is plain data without interpolations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from fer_lightning.data.names import plain_text
from fer_lightning.errors import FerError

MAX_VALUES = 100_000  # a config has some hundred; shared lists can expand beyond memory
MAX_DEPTH = 40
MAX_NAME_LENGTH = 200
MAX_CLASS_NAME_LENGTH = 1000  # a user's table may have sentences as classes
MAX_MESSAGE_LENGTH = 400  # characters of a library's message, which may repeat values of the checkpoint
MAX_VIEW_BYTES = 1 << 28  # bytes of a tensor that is larger than its storage, such as an expanded number
INTERPOLATION = "${"  # OmegaConf's interpolation


def shorten(text: object) -> str:
    """Shortens a text that may repeat values of a checkpoint to one line."""
    line = " ".join(str(text).split())
    return line if len(line) <= MAX_MESSAGE_LENGTH else f"{line[:MAX_MESSAGE_LENGTH]}..."


def check_plain(value: Any, where: str) -> None:
    """Checks every value and every key.

    Args:
        value: what a checkpoint holds.
        where: the file and the place in it, for messages.

    Raises:
        FerError: a value of a type that configs do not have, a string with `${`, or a recursive structure.
    """
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    seen = 0
    while waiting:
        place, found, depth = waiting.pop()
        seen += 1
        if depth > MAX_DEPTH or seen > MAX_VALUES:
            raise FerError(f"{where}: its config has more values or levels than any; it is not written by fer-train")
        if type(found) is str and INTERPOLATION in found:
            raise FerError(
                f"{where}: {place}={found[:80]!r}: {INTERPOLATION} would be resolved, but a checkpoint may hold only "
                "values"
            )
        if type(found) is dict:
            for key, inner in found.items():
                if type(key) not in (str, int) or INTERPOLATION in str(key) or not _is_name(str(key)):
                    raise FerError(f"{where}: {place}: the key {str(key)[:80]!r} is none that a config may have")
                waiting.append((f"{place}.{key}" if place else key, inner, depth + 1))
        elif type(found) is list:
            waiting += [(f"{place}[{number}]", inner, depth + 1) for number, inner in enumerate(found)]
        elif found is not None and type(found) not in (str, int, float, bool):
            raise FerError(f"{where}: {place} is a {type(found).__name__}; a config holds plain values only")


def _is_name(key: str) -> bool:
    return key.isprintable() and len(key) <= MAX_NAME_LENGTH


def _is_class_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= MAX_CLASS_NAME_LENGTH and plain_text(name) == name


def check_shape(config: Mapping[str, Any], groups: tuple[str, ...], where: str) -> None:
    """Raises FerError if a config from a checkpoint lacks the keys that rebuild a net, or has invalid ones."""
    for group in groups:
        if not isinstance(config.get(group), dict) or not isinstance(config[group].get("_target_"), str):
            raise FerError(f"{where}: {group} does not say what to build; it is not written by fer-train")
    if "net" in config["model"] and not isinstance(config["model"]["net"], dict):
        raise FerError(f"{where}: model.net does not say what to build; it is not written by fer-train")
    names = config.get("class_names")
    if not isinstance(names, list) or not names or not all(map(_is_class_name, names)) or len({*names}) < len(names):
        raise FerError(f"{where}: class_names is no list of different names; it is not written by fer-train")
    maps = {"model.input": config["model"].get("input"), "choices": config.get("choices")}
    maps["trained_on"] = config.get("trained_on") or {}  # absent in checkpoints of earlier versions
    for name, value in maps.items():
        if not isinstance(value, dict):
            raise FerError(f"{where}: {name} is no map of names to values; it is not written by fer-train")


def is_saved_by_training(saved: Any) -> bool:
    """Whether it is a dict with a config and weights whose methods are not overridden."""
    if type(saved) is not dict or type(saved.get("fer_config")) is not dict:
        return False
    weights = saved.get("state_dict")
    # a pickle can set attributes of an OrderedDict, such as a fake `keys`; torch sets `_metadata`
    return isinstance(weights, dict) and getattr(weights, "__dict__", {}).keys() <= {"_metadata"}


def check_tensors(tensors: Mapping[Any, Any], where: str) -> None:
    """Raises FerError if one of the weights is no tensor, is larger than its storage, or has nan."""
    for name, value in tensors.items():
        if not isinstance(name, str) or len(name) > MAX_NAME_LENGTH or not isinstance(value, Tensor):
            raise FerError(f"{where}: its weights are no map of names to tensors; it is not written by fer-train")
        if value.numel() * value.element_size() > max(value.untyped_storage().nbytes(), MAX_VIEW_BYTES):
            raise FerError(f"{where}: {name!r} has {value.numel()} values, of which the file does not hold as many")
        if value.is_floating_point() and value.isnan().any():
            raise FerError(f"{where}: {name!r} holds nan, with which no net answers; take a checkpoint of another run")
