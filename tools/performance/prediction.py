"""Seconds per call of `fer_lightning.load(...).probabilities`, in turn with the bare forward of its net."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

import fer_lightning
from fer_lightning.data.images import Pixels

WARM_UP = 3  # calls of each that are not counted


CLOCKS = {"wall": time.perf_counter, "cpu": time.process_time}
Seconds = dict[str, list[float]]


def measure(ckpt: Path, pixels: Path, calls: dict[int, int]) -> dict[str, dict[str, Seconds]]:
    """Batch size -> `fer_lightning` and `bare` -> clock -> seconds of each call.

    Args:
        ckpt: a checkpoint of a classifier of 48x48 grey faces.
        pixels: a .npy file (N, 48, 48) uint8, memory-mapped; every call takes other rows of it.
        calls: batch size -> counted calls.
    """
    model = fer_lightning.load(ckpt)
    net = model.module.net
    faces, draws = np.load(pixels, mmap_mode="r"), np.random.default_rng(0)

    @torch.inference_mode()
    def bare(images: Pixels) -> object:
        found = net((torch.from_numpy(images)[:, None].float().div(255) - 0.5) / 0.25)
        return found.softmax(dim=1).numpy()

    sides: dict[str, Callable[[Pixels], object]] = {"fer_lightning": model.probabilities, "bare": bare}
    seconds: dict[str, dict[str, Seconds]] = {}
    for batch, count in calls.items():
        found: dict[str, Seconds] = {side: {clock: [] for clock in CLOCKS} for side in sides}
        for call in range(WARM_UP + count):
            for side, predict in sides.items():
                images = faces[np.sort(draws.integers(len(faces), size=batch))]
                begun = {clock: read() for clock, read in CLOCKS.items()}
                predict(images)
                for clock, read in CLOCKS.items():
                    found[side][clock] += [read() - begun[clock]] * (call >= WARM_UP)
        seconds[str(batch)] = found
    return seconds


def main() -> None:
    """Reads sys.argv and writes the seconds."""
    parser = argparse.ArgumentParser(prog="python -m tools.performance.prediction", description=__doc__)
    parser.add_argument("ckpt", type=Path)
    parser.add_argument("pixels", type=Path, help=".npy file")
    parser.add_argument("calls", help="counted calls of each batch size, as in 1:100,64:10")
    parser.add_argument("out", type=Path, help="JSON file to write")
    given = parser.parse_args()
    calls = {int(batch): int(count) for batch, count in (part.split(":") for part in given.calls.split(","))}
    given.out.write_text(json.dumps(measure(given.ckpt, given.pixels, calls)), encoding="utf-8")


if __name__ == "__main__":
    main()
