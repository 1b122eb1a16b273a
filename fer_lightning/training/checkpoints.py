"""Writes a checkpoint whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from lightning_fabric.plugins import TorchCheckpointIO


class AtomicCheckpoints(TorchCheckpointIO):
    """Writes beside the file and renames: a process that is killed half-way leaves the checkpoint of before."""

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Replaces `path` by the checkpoint, on disk when this returns."""
        place = Path(path)
        scratch = place.with_name(f"{place.name}.partial")
        super().save_checkpoint(checkpoint, scratch, storage_options)
        with scratch.open("rb+") as written:
            os.fsync(written.fileno())
        scratch.replace(place)
