"""How many images a second fer-train trains, over those of a bare PyTorch loop: `make speed`, on a quiet machine."""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from pathlib import Path

import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset

from fer_lightning.run.build import build_run, make
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit
from fer_lightning.run.process.warning_filters import quiet

COMMON = [
    *("data=fer2013", "model=resnet", "optimizer=sgd", "scheduler=constant", "trainer.precision=bf16-mixed"),
    *("trainer.max_epochs=1", "trainer.limit_val_batches=1", "trainer.limit_test_batches=1"),
    *("trainer.enable_progress_bar=false", "logger=csv"),
]


class Faces(Dataset):
    """One image at a time, as most training scripts have it."""

    def __init__(self, pixels, labels, chain):
        self.pixels, self.labels, self.chain = pixels, labels, chain

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, number):
        image = self.pixels[number]
        if self.chain.transforms:
            image = self.chain(image=image)["image"]
        return torch.from_numpy(image.copy())[None], self.labels[number]


def ours(augment: str, batches: int, folder: Path) -> float:
    """Everything that fer-train does in an epoch: metrics, checks, logger, checkpoint callbacks."""
    job = compose_job([*COMMON, f"augment={augment}", f"trainer.limit_train_batches={batches}"], folder)
    return fit(build_run(job)).timing["fit_images_per_second"]


def bare(augment: str, batches: int, folder: Path) -> float:
    """The same net, batch, precision, pixels and transforms, and nothing else."""
    job = compose_job([*COMMON, f"augment={augment}"], folder)
    run = build_run(job)
    data, rows = run.datamodule.faces, run.datamodule.protocol.train
    faces = Faces(data.pixels[rows], data.label[rows], make("augment", job.config["augment"]).chain)
    loader = DataLoader(faces, run.datamodule.batch_size, shuffle=True, drop_last=True)
    mean, std = run.module.pixel_mean, run.module.pixel_std
    net = run.module.net.train().to(memory_format=torch.channels_last)
    optimizer = run.module.make_optimizer(net.parameters())
    images = 0
    for number, (image, label) in enumerate(loader):
        if number == 0:
            started = time.perf_counter()  # fer-train's clock also starts when it has its first batch
        if number == batches:
            break
        with torch.autocast("cpu", torch.bfloat16):
            logits = net((image.float().div(255) - mean) / std)
        optimizer.zero_grad()
        F.cross_entropy(logits.float(), label).backward()
        optimizer.step()
        images += len(label)
    return images / (time.perf_counter() - started)


def main() -> None:
    """Prints each pair, and the median of the ratios."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pairs", type=int, default=7)
    options.add_argument("--batches", type=int, default=60)
    asked = options.parse_args()
    quiet()
    logging.disable(logging.WARNING)
    for augment in ("none", "flip_crop"):
        ratios = []
        for pair in range(asked.pairs + 1):
            with tempfile.TemporaryDirectory() as folder:
                mine, theirs = (loop(augment, asked.batches, Path(folder)) for loop in (ours, bare))
            if pair:  # the first pair warms up
                ratios.append(mine / theirs)
                print(
                    f"{augment:10} fer-train {mine:6.0f}  bare {theirs:6.0f} images/s  ratio {ratios[-1]:.3f}",
                    flush=True,
                )
        print(f"{augment:10} median of {len(ratios)} ratios: {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
