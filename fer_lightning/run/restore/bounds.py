"""Keeps a net from growing far beyond the weights that its checkpoint holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.nn.modules.module import (
    register_module_buffer_registration_hook,
    register_module_parameter_registration_hook,
)
from torch.nn.parameter import is_lazy

from fer_lightning.errors import FerError

TIMES = 4  # layers may be replaced while a net is built
ROOM = 1 << 28  # bytes of buffers that no checkpoint holds
TENSORS = 10_000  # likewise
LARGEST_SIDE = 1024  # pixels


@contextmanager
def bounded_by(weights: Mapping[str, Any], where: str) -> Iterator[None]:
    """While this lasts, nets that register far more than `weights` are refused, before the memory is written to.

    Raises:
        FerError: a net is larger than the weights allow.
    """
    held = [value for value in weights.values() if isinstance(value, Tensor)]
    most_bytes = TIMES * sum(value.untyped_storage().nbytes() for value in held) + ROOM
    most_tensors = TIMES * len(held) + TENSORS
    count, size = 0, 0

    def registered(module: nn.Module, name: str, value: Tensor | None) -> None:
        nonlocal count, size
        if value is None:
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
        yield
    finally:
        for hook in hooks:
            hook.remove()


def check_sides(config: Mapping[str, Any], where: str) -> None:
    """Raises FerError where a config from a checkpoint asks for images so large that memory would not do."""
    for key, value in (("model.input.size", config["model"]["input"]), ("preprocess.size", config["preprocess"])):
        side = value.get("size")
        if isinstance(side, int | float) and side > LARGEST_SIDE:
            raise FerError(f"{where}: {key}={side}: a checkpoint may ask for {LARGEST_SIDE} pixels at most")
