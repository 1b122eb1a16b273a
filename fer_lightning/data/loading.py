"""Loads batches, in worker processes where asked, in an order that an interruption does not change."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from types import FrameType

import torch
from torch.utils.data import DataLoader, Sampler

from fer_lightning.data.dataset import FaceDataset
from fer_lightning.data.inputs import Batch
from fer_lightning.data.protocols import Protocol
from fer_lightning.data.sampling import Draw
from fer_lightning.errors import FerError

# signals that stop the training process also reach its workers, without which it could not finish its step
LEFT_TO_THE_PARENT = ("SIGINT", "SIGUSR1", "SIGUSR2")  # by name, because Windows lacks two of them


def check_loading(batch_size: int, num_workers: int, epoch_images: int | None = None) -> None:
    """Raises FerError for an invalid batch size, number of workers or number of images per epoch."""
    if batch_size < 1:
        raise FerError(f"data.batch_size={batch_size}: choose at least 1")
    if num_workers < 0:
        raise FerError(f"data.num_workers={num_workers}: choose 0 (the main process loads) or more")
    if epoch_images is not None and epoch_images < batch_size:
        raise FerError(
            f"data.epoch_images={epoch_images}: choose data.batch_size={batch_size} or more; null is each image once"
        )


class EpochLoader(DataLoader[Batch]):
    """A DataLoader that begins an epoch when its first batch is requested.

    Lightning creates an iterator before it sets the sampler's epoch, so that workers would load the first batches of
    another epoch ahead.

    Args:
        dataset: indexed by whole batches of rows.
        batches: yields the batches.
        num_workers: number of worker processes; 0 loads in this process.
    """

    def __init__(self, dataset: FaceDataset, batches: Sampler[Draw], num_workers: int) -> None:
        super().__init__(
            dataset,
            sampler=batches,
            batch_size=None,  # the sampler yields whole batches
            num_workers=num_workers,
            persistent_workers=num_workers > 0,
            pin_memory=torch.cuda.is_available(),
            # torch would draw from the global generator, as often as workers start, which an interruption changes
            generator=torch.Generator(),
            worker_init_fn=_leave_signals_to_the_parent if num_workers else None,
        )

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        yield from super().__iter__()


def _leave_signals_to_the_parent(worker: int) -> None:
    for name in LEFT_TO_THE_PARENT:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _survive_once)


def _survive_once(signum: int, frame: FrameType | None) -> None:
    # the end of a job signals all its processes; a second signal, from the parent, ends a worker that hangs
    signal.signal(signum, signal.SIG_DFL)


def check_devices(devices: int, batch_size: int, protocol: Protocol) -> None:
    """Raises FerError if the devices do not divide the global batch, or outnumber the images of a split."""
    if batch_size % devices:
        parts = batch_size // devices
        near = [part * devices for part in (parts, parts + 1) if part]
        raise FerError(
            f"data.batch_size={batch_size} is the batch of all devices together and leaves a remainder over "
            f"{devices}: choose {' or '.join(map(str, near))}, or other trainer.devices"
        )
    for stage, rows in protocol.splits().items():
        if len(rows) < devices:
            raise FerError(f"trainer.devices: {devices} devices for {len(rows)} images to {stage}; take fewer")
