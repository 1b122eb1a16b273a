"""The LightningDataModule of every data set: faces, prepared, split by a protocol, in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytorch_lightning as pl
from torch.utils.data import Sampler

from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.dataset import FaceDataset
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.loading import EpochLoader
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.data.protocols import Protocol, Request
from fer_lightning.data.sampling import Draw, EpochBatches, InOrder
from fer_lightning.data.selection import select
from fer_lightning.errors import FerError

FacesFactory = Callable[..., FaceSet]
CHUNK = 4096  # images in memory at once when all are looked at


class FaceDataModule(pl.LightningDataModule):
    """Batches of one data set under one protocol.

    Args:
        faces: reader that is still to be called with `cache_dir`.
        class_names: the classes wanted, in the order in which labels count them; images of others are left out.
        cache_dir: where parsed and prepared pixels are kept.
        prepare: the model's preprocessing.
        input: what the model asks of its images.
        protocol: a name of `protocols.PROTOCOLS`.
        fold: which fold tests, for protocols with folds.
        num_folds: how many folds, for `kfold` only.
        split_seed: of the random choices of the protocol; separate from `seed`, so that seeds share their folds.
        max_train_images: train on this many images only, each class in its share; None takes all.
        batch_size: images of the global batch, over all devices.
        num_workers: processes that load; changes the speed and nothing else.
        balanced: draw training images so that every class is equally likely.
        augment: random change of training images, or None.
        seed: of the order and the random changes of the training images.
    """

    def __init__(
        self,
        faces: FacesFactory,
        class_names: Sequence[str],
        cache_dir: str | Path,
        prepare: Prepare,
        input: InputSpec,
        protocol: str,
        fold: int = 0,
        num_folds: int | None = None,
        split_seed: int = 0,
        max_train_images: int | None = None,
        batch_size: int = 128,
        num_workers: int = 0,
        balanced: bool = False,
        augment: Augment | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if batch_size < 1:
            raise FerError(f"data.batch_size={batch_size}: choose at least 1")
        if num_workers < 0:
            raise FerError(f"data.num_workers={num_workers}: choose 0 (the main process loads) or more")
        prepare.check(input)
        self.read = faces
        self.class_names = tuple(class_names)
        self.cache_dir = Path(cache_dir).expanduser()
        self.prepare = prepare
        self.input = input
        self.request = Request(fold, num_folds, split_seed)
        self.protocol_name = protocol
        self.max_train_images = max_train_images
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.balanced = balanced
        self.augment = augment
        self.seed = seed
        self._loaded: tuple[FaceSet, Protocol] | None = None

    @property
    def faces(self) -> FaceSet:
        """The prepared faces, labelled in `class_names`."""
        return self._load()[0]

    @property
    def protocol(self) -> Protocol:
        """Which rows of `faces` train, validate and test."""
        return self._load()[1]

    def prepare_data(self) -> None:
        """Fills the caches in one process, before others open them."""
        self._load()

    def setup(self, stage: str | None = None) -> None:
        """Opens the caches; the same for every stage."""
        self._load()

    def check_devices(self, devices: int) -> None:
        """Raises FerError where the global batch leaves a remainder over the devices, or they outnumber the images."""
        if self.batch_size % devices:
            parts = self.batch_size // devices
            near = [part * devices for part in (parts, parts + 1) if part]
            raise FerError(
                f"data.batch_size={self.batch_size} is the batch of all devices together and leaves a remainder over "
                f"{devices}: choose {' or '.join(map(str, near))}, or other trainer.devices"
            )
        for stage, rows in self.protocol.sides().items():
            if len(rows) < devices:
                raise FerError(f"trainer.devices: {devices} devices for {len(rows)} images to {stage}; take fewer")

    def class_counts(self) -> list[int]:
        """Training images of each class, in the order of `class_names`."""
        counts = np.bincount(self.faces.label[self.protocol.train], minlength=len(self.class_names))
        return [int(count) for count in counts]

    def pixel_statistics(self) -> tuple[list[float], list[float]]:
        """Mean and standard deviation of each channel over the training images only, on pixels scaled to 0..1."""
        pixels, rows = self.faces.pixels, self.protocol.train
        channels = 1 if pixels.ndim == 3 else pixels.shape[-1]
        # 256 counts hold every pixel exactly, where sums of floats would depend on their order
        counts = np.zeros((channels, 256), dtype=np.int64)
        for start in range(0, len(rows), CHUNK):
            part = pixels[rows[start : start + CHUNK]].reshape(-1, channels)
            counts += [np.bincount(part[:, channel], minlength=256) for channel in range(channels)]
        values = np.arange(256) / 255
        mean = [float(np.average(values, weights=c)) for c in counts]
        std = [float(np.sqrt(np.average((values - m) ** 2, weights=c))) for m, c in zip(mean, counts, strict=True)]
        repeat = self.input.channels // channels
        return mean * repeat, [max(value, 1 / 255) for value in std] * repeat

    def train_dataloader(self) -> EpochLoader:
        """Training batches, shuffled and augmented anew each epoch."""
        rank, world = self._place()
        rows = self.protocol.train
        labels = self.faces.label[rows]
        batches = EpochBatches(rows, labels, self.batch_size, self.seed, self.balanced, rank, world)
        return self._loader(batches, self.augment)

    def val_dataloader(self) -> EpochLoader:
        """Validation batches, in order and as they are."""
        return self._loader(InOrder(self.protocol.val, self.batch_size, *self._place()), None)

    def test_dataloader(self) -> EpochLoader:
        """Test batches, in order and as they are."""
        return self._loader(InOrder(self.protocol.test, self.batch_size, *self._place()), None)

    def _place(self) -> tuple[int, int]:
        """This process's number, and how many there are."""
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)

    def _load(self) -> tuple[FaceSet, Protocol]:
        if self._loaded is None:
            self._loaded = self._open()
        return self._loaded

    def _open(self) -> tuple[FaceSet, Protocol]:
        faces = self.read(cache_dir=self.cache_dir)
        label, protocol = select(faces, self.class_names, self.protocol_name, self.request, self.max_train_images)
        prepared = self.prepare.faces(faces, self.cache_dir)
        if self.augment is not None:
            self.augment.check(self.prepare.size, self.input.size, 1 if prepared.pixels.ndim == 3 else 3)
        return replace(prepared, label=label, class_names=self.class_names), protocol

    def _loader(self, batches: Sampler[Draw], augment: Augment | None) -> EpochLoader:
        faces = self.faces
        dataset = FaceDataset(faces.pixels, faces.label, self.input.size, self.input.channels, augment)
        return EpochLoader(dataset, batches, self.num_workers)
