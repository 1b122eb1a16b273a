"""What the processes of one training tell each other."""

from __future__ import annotations

from typing import TypeVar

from torch import distributed

T = TypeVar("T")


def gathered(mine: T) -> list[T]:
    """What every process gave, in the order of their ranks; every process must call it. One alone has its own."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return [mine]
    everyones: list[T | None] = [None] * distributed.get_world_size()
    distributed.all_gather_object(everyones, mine)
    return everyones  # type: ignore[return-value]


def part() -> None:
    """Ends what binds the processes together: from here on each computes alone."""
    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()
