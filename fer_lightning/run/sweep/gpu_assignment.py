"""Assigns a GPU to each job that runs concurrently on one machine."""

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
POLL = 1.0  # seconds between attempts to find a free GPU


def list_gpus() -> list[str]:
    """Returns the names of the visible GPUs; an empty list without a driver."""
    named = os.environ.get(VISIBLE)
    if named is not None:
        return [name.strip() for name in named.split(",") if name.strip()]
    if shutil.which("nvidia-smi") is None:
        return []
    listed = subprocess.run(["nvidia-smi", "--list-gpus"], capture_output=True, text=True, check=False)
    return [str(number) for number in range(listed.stdout.count("GPU ") if listed.returncode == 0 else 0)]


@contextmanager
def assign_gpu(devices: Sequence[str], at_once: int, folder: Path) -> Iterator[dict[str, str]]:
    """Reserves a GPU within the block; yields its environment variable, or nothing with fewer than two GPUs.

    Args:
        devices: to choose from.
        at_once: number of concurrent jobs; if there are more jobs than GPUs, GPUs are shared equally.
        folder: for the lock files, which are released when a process dies.
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
