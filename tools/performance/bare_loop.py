"""The bare PyTorch loop that fer-train is compared with: the same net, batch, precision, pixels and transforms."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import albumentations
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, RandomSampler

from fer_lightning.nets.resnet import ResNet
from tools.performance.step_times import StepTimes


class Faces(Dataset[tuple[Tensor, int]]):
    """One image at a time, as most training scripts have it.

    Args:
        folder: of a cached FaceSet; its pixels are memory-mapped.
        transforms: of albumentations; None changes nothing.
    """

    def __init__(self, folder: Path, transforms: albumentations.Compose | None) -> None:
        self.pixels = np.load(folder / "pixels.npy", mmap_mode="r")
        with np.load(folder / "columns.npz") as columns:
            self.labels: npt.NDArray[np.int64] = columns["label"]
        self.transforms = transforms

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        image = np.asarray(self.pixels[number])
        if self.transforms is not None:
            image = self.transforms(image=image)["image"]
        return torch.from_numpy(image.copy())[None], int(self.labels[number])


def train(folder: Path, settings: dict[str, Any]) -> StepTimes:
    """Trains so many steps.

    Args:
        folder: of a cached FaceSet.
        settings: `net` and `optimizer`, arguments of ResNet and SGD; `transforms`, of `albumentations.to_dict` or None;
            `batch_size`, `steps`, `precision`.
    """
    torch.manual_seed(0)
    transforms = albumentations.from_dict(settings["transforms"]) if settings["transforms"] else None
    faces, batch_size = Faces(folder, transforms), settings["batch_size"]
    order = RandomSampler(faces, num_samples=batch_size * settings["steps"])
    batches = iter(DataLoader(faces, batch_size, sampler=order, drop_last=True))
    net = ResNet(**settings["net"]).train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), **settings["optimizer"])
    mixed = torch.autocast("cpu", torch.bfloat16, enabled=settings["precision"] == "bf16-mixed")
    times = StepTimes()
    for _ in range(settings["steps"]):
        asked = time.monotonic()
        images, labels = next(batches)
        begun, cpu = time.monotonic(), time.process_time()
        with mixed:
            logits = net((images.float().div(255) - 0.5) / 0.25)
        optimizer.zero_grad()
        F.cross_entropy(logits.float(), labels).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        times.waits.append((asked, begun))
        times.steps.append((begun, time.monotonic()))
        times.cpu.append((cpu, time.process_time()))
    return times


def main() -> None:
    """Reads sys.argv and writes the times of the steps."""
    parser = argparse.ArgumentParser(prog="python -m tools.performance.bare_loop", description=__doc__)
    parser.add_argument("folder", type=Path, help="of a cached FaceSet")
    parser.add_argument("settings", type=Path, help="JSON file")
    parser.add_argument("out", type=Path, help="JSON file to write")
    given = parser.parse_args()
    train(given.folder, json.loads(given.settings.read_text(encoding="utf-8"))).write(given.out)


if __name__ == "__main__":
    main()
