"""Limits the memory of a net that is built from a checkpoint to a multiple of the checkpoint's weights."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch._ops import OpOverload
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from fer_lightning.errors import FerError

MAX_GROWTH = 4  # factor, as layers may be replaced while a net is built
EXTRA_BYTES = 1 << 28  # bytes of buffers that are not in the checkpoint
EXTRA_TENSORS = 10_000  # likewise
MAX_RESULT_BYTES = 1 << 31  # bytes of the result of one operation on two blank images
MAX_IMAGE_SIZE = 1024  # pixels
MAX_NUMBER = 10**7


@contextmanager
def limit_size(weights: Mapping[str, Any], where: str) -> Iterator[None]:
    """Rejects nets within the block that register or compute far more than `weights`.

    This happens before the memory is used, as the system may kill processes that exceed its memory.

    Raises:
        FerError: a net is larger than the weights allow, or one of its operations gives more than `MAX_RESULT_BYTES`.
    """
    held = [value for value in weights.values() if isinstance(value, Tensor)]
    most_bytes = MAX_GROWTH * sum(value.untyped_storage().nbytes() for value in held) + EXTRA_BYTES
    most_tensors = MAX_GROWTH * len(held) + EXTRA_TENSORS
    count, size, builder = 0, 0, threading.get_ident()

    def registered(module: nn.Module, name: str, value: Tensor | None) -> None:
        nonlocal count, size
        if value is None or threading.get_ident() != builder:  # torch calls these hooks for every module of the process
            return
        count += 1
        size += 0 if is_lazy(value) else value.numel() * value.element_size()
        if size > most_bytes or count > most_tensors:
            raise FerError(f"{where}: the net that it describes is far larger than the weights that it holds")

    hooks = [
        register_module_parameter_registration_hook(registered),
        register_module_buffer_registration_hook(registered),
    ]
    try:
        with _LimitResultSize(where, max(MAX_RESULT_BYTES, most_bytes)):
            yield
    finally:
        for hook in hooks:
            hook.remove()


class _LimitResultSize(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Computes the size of each operation's result on the meta device before running it."""

    def __init__(self, where: str, most_bytes: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.where = where
        self.most_bytes = most_bytes

    def __torch_dispatch__(
        self, func: OpOverload, types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        """The operation's result."""
        # in-place operations, such as initialisation, need no additional memory
        if not func._schema.is_mutable and _compute_result_bytes(func, args, kwargs or {}) > self.most_bytes:
            raise FerError(f"{self.where}: the net that it describes asks for gigabytes to look at two small images")
        return func(*args, **(kwargs or {}))


def _compute_result_bytes(func: OpOverload, args: Any, kwargs: Mapping[str, Any]) -> int:
    """Returns 0 if shapes do not determine the result: then it depends on values, or the operation fails."""
    try:
        given = func(*tree_map(_to_meta, args), **tree_map(_to_meta, dict(kwargs)))
    except (RuntimeError, TypeError, ValueError, LookupError, AttributeError, AssertionError):
        return 0
    made = (value for value in tree_leaves(given) if isinstance(value, Tensor))
    return sum(value.numel() * value.element_size() for value in made)


def _to_meta(value: Any) -> Any:
    if isinstance(value, Tensor):
        return torch.empty_strided(value.shape, value.stride(), dtype=value.dtype, device="meta")
    return torch.device("meta") if isinstance(value, torch.device) else value


def check_numbers(config: Mapping[str, Any], groups: Sequence[str], where: str) -> None:
    """Checks for sizes that would exhaust memory before a net registers parameters.

    Raises:
        FerError: images larger than `MAX_IMAGE_SIZE`, or an integer above `MAX_NUMBER`.
    """
    for key, value in (("model.input.size", config["model"]["input"]), ("preprocess.size", config["preprocess"])):
        side = value.get("size")
        if isinstance(side, int | float) and side > MAX_IMAGE_SIZE:
            raise FerError(f"{where}: {key}={side}: a checkpoint may ask for {MAX_IMAGE_SIZE} pixels at most")
    for group in groups:
        _check_numbers(config[group], f"{where}: {group}")


def _check_numbers(value: Any, where: str) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _check_numbers(inner, f"{where}.{key}")
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            _check_numbers(inner, f"{where}[{number}]")
    elif isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise FerError(f"{where}: a whole number in a checkpoint may be {MAX_NUMBER:,} at most")
