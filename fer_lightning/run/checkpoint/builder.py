"""Builds the objects that a checkpoint's config describes, without Hydra: a node is a name and values, no more."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import cv2

from fer_lightning.errors import FerError
from fer_lightning.run.checkpoint.allowed_targets import NODE_KEYS, PRETRAINED, find_target
from fer_lightning.run.checkpoint.plain_data import shorten

# what a constructor raises when it gets values that it cannot use
CONSTRUCTOR_ERRORS = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, MemoryError, NotImplementedError),
    *(OSError, RuntimeError, TypeError, ValueError, cv2.error),
)


class Builder:
    """Builds nodes of a checkpoint; takes the place of `run.build.make`, which builds those of the user's own config.

    Args:
        source: the file, for messages.
        trusted: places beside the closed list.
    """

    def __init__(self, source: str, trusted: Sequence[str]) -> None:
        self.source = source
        self.trusted = trusted

    def __call__(self, name: str, node: Mapping[str, Any], **late: Any) -> Any:
        """The object of the node called `name`; objects in `late` go to its constructor as they are.

        Raises:
            FerError: it names what a checkpoint may not, or its values are impossible.
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
        # the weights follow from the checkpoint, so those of the net's makers are not fetched again
        return False if str(key).startswith(PRETRAINED) and value is True else self._value(value, where)


@contextmanager
def report_constructor_errors(source: str, place: str) -> Iterator[None]:
    """Makes one clear error of what a constructor raises; `source` is the file and `place` is in it."""
    try:
        yield
    except FerError as fault:
        if source in str(fault):
            raise
        raise FerError(f"{source}: {shorten(fault)}") from fault
    except CONSTRUCTOR_ERRORS as fault:
        said = str(fault).strip().partition("\n")[0] or type(fault).__name__
        raise FerError(f"{source}: {place}: {shorten(said)}") from fault
