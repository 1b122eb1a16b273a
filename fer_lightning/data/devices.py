"""Checks that a global batch and the sides of a protocol can be shared out over devices."""

from __future__ import annotations

from fer_lightning.data.protocols import Protocol
from fer_lightning.errors import FerError


def check_devices(devices: int, batch_size: int, protocol: Protocol) -> None:
    """Raises FerError where the global batch leaves a remainder over the devices, or they outnumber the images."""
    if batch_size % devices:
        parts = batch_size // devices
        near = [part * devices for part in (parts, parts + 1) if part]
        raise FerError(
            f"data.batch_size={batch_size} is the batch of all devices together and leaves a remainder over "
            f"{devices}: choose {' or '.join(map(str, near))}, or other trainer.devices"
        )
    for stage, rows in protocol.sides().items():
        if len(rows) < devices:
            raise FerError(f"trainer.devices: {devices} devices for {len(rows)} images to {stage}; take fewer")
