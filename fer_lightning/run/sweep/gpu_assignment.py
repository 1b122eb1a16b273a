"""Gives each of several jobs that one machine runs at once a GPU of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

VISIBLE = "CUDA_VISIBLE_DEVICES"
POLL = 1.0  # seconds between two looks for a free one


def list_gpus() -> list[str]:
    """The GPUs that jobs here may use, by the names that CUDA takes; none where there is no driver."""
    named = os.environ.get(VISIBLE)
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip()]
    if shutil.which("nvidia-smi") is None:
        return []
    listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=False)
    return [str(number) for number in range(listed.stdout.count("GPU ") if listed.returncode == 0 else 0)]


@contextmanager
def assign_gpu(devices: Sequence[str], at_once: int, folder: Path) -> Iterator[dict[str, str]]:
    """The variable that shows a job one GPU, held until the block ends; nothing where there are fewer than two.

    Args:
        devices: to choose from.
        at_once: how many jobs run; where they outnumber the GPUs, each GPU takes an equal share of them.
        folder: for the locks, which the system frees when a process dies.
    """
    if len(devices) < 2:
        yield {}
        return
    shares = max(1, -(-at_once // len(devices)))
    places = [(share, name) for share in range(shares) for name in devices]
    while True:
        for share, name in places:
            lock = FileLock(folder / f"gpu-{name}-{share}.lock")
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            try:
                yield {VISIBLE: name}
            finally:
                lock.release()
            return
        time.sleep(POLL)
