"""Communication between the processes of one training."""

from __future__ import annotations

from typing import TypeVar

from torch import distributed

T = TypeVar("T")


def all_gather(value: T) -> list[T]:
    """The values of all processes, in the order of their ranks; every process must call it."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return [value]
    values: list[T | None] = [None] * distributed.get_world_size()
    distributed.all_gather_object(values, value)
    return values  # type: ignore[return-value]


def shutdown() -> None:
    """Waits for all processes and ends the process group: from here on each computes alone."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()
