"""Captures inputs and outputs of submodules with temporary forward hooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple

from torch import Tensor, nn

from fer_lightning.training.classifier import Classifier
from fer_lightning.training.eval_mode import eval_mode

BATCH = 64  # images at a time: a large net at 224 x 224 needs some gigabytes for them


class LayerActivation(NamedTuple):
    """Input and output of a submodule.

    Attributes:
        input: its first positional input; None without one.
        output: what it gave; a tensor, or whatever the part makes.
    """

    input: Any
    output: Any


def iter_batches(images: Tensor) -> Iterator[Tensor]:
    """Yields (N, ...) in batches of at most BATCH."""
    for first in range(0, len(images), BATCH):
        yield images[first : first + BATCH]


def capture_activations(
    module: Classifier, parts: Mapping[str, nn.Module], images: Tensor
) -> dict[str, LayerActivation]:
    """Captures inputs and outputs of `parts` for images (N, channels, size, size), uint8 or 0..255.

    The order is that of the forward pass. Unused submodules are left out; for repeated ones the last call counts.
    """
    seen: dict[str, LayerActivation] = {}

    def kept(value: Any) -> Any:
        return value.clone() if isinstance(value, Tensor) else value  # the next part may change it in place

    def watch(name: str, part: nn.Module) -> Any:
        def keep(_: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            seen[name] = LayerActivation(kept(inputs[0]) if inputs else None, kept(output))

        return part.register_forward_hook(keep)

    with eval_mode(module), ExitStack() as hooks:
        for name, part in parts.items():
            hooks.enter_context(watch(name, part))
        module(images.to(module.device))
    return seen
