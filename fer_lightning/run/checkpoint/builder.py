"""Builds the objects in a checkpoint's config without Hydra, from allowed targets and plain values only."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import cv2

from fer_lightning.errors import FerError
from fer_lightning.run.checkpoint.allowed_targets import NODE_KEYS, PRETRAINED, find_target
from fer_lightning.run.checkpoint.plain_data import shorten

# errors that constructors raise for invalid values
CONSTRUCTOR_ERRORS = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, MemoryError, NotImplementedError),
    *(OSError, RuntimeError, TypeError, ValueError, cv2.error),
)


class Builder:
    """Builds nodes of a checkpoint, like `run.build.make` for the user's own config.

    Args:
        source: the file, for messages.
        trusted: places beside the closed list.
    """

    def __init__(self, source: str, trusted: Sequence[str]) -> None:
        self.source = source
        self.trusted = trusted

    def __call__(self, name: str, node: Mapping[str, Any], **late: Any) -> Any:
        """Builds the node called `name`; objects in `late` are passed to its constructor unchanged.

        Raises:
            FerError: its target is not allowed, or its values are invalid.
        """
        made, _ = find_target(node["_target_"], f"{self.source}: {name}._target_", self.trusted)
        positional = [self._value(inner, name) for inner in node.get("_args_", [])]
        keys = [key for key in node if key not in NODE_KEYS and key not in late]
        values = {key: self._argument(key, node[key], f"{name}.{key}") for key in keys}
        with report_constructor_errors(self.source, name):
            if node.get("_partial_"):
                return functools.partial(made, *positional, **values, **late)
            return made(*positional, **values, **late)

    def _value(self, value: Any, where: str) -> Any:
        if isinstance(value, Mapping):
            if "_target_" in value:
                return self(where, value)
            return {key: self._argument(key, inner, f"{where}.{key}") for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(inner, f"{where}[{number}]") for number, inner in enumerate(value)]
        return value

    def _argument(self, key: Any, value: Any, where: str) -> Any:
        # the checkpoint contains the weights, so the pre-trained ones are not downloaded again
        return False if str(key).startswith(PRETRAINED) and value is True else self._value(value, where)


@contextmanager
def report_constructor_errors(source: str, place: str) -> Iterator[None]:
    """Converts errors of a constructor to a FerError; `source` is the file and `place` the key in it."""
    try:
        yield
    except FerError as fault:
        if source in str(fault):
            raise
        raise FerError(f"{source}: {shorten(fault)}") from fault
    except CONSTRUCTOR_ERRORS as fault:
        said = str(fault).strip().partition("\n")[0] or type(fault).__name__
        raise FerError(f"{source}: {place}: {shorten(said)}") from fault
