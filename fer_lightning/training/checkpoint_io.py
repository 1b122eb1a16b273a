"""Writes checkpoints atomically."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins import TorchCheckpointIO

from fer_lightning.atomic_write import atomic_write


class AtomicCheckpointIO(TorchCheckpointIO):
    """Writes a temporary file and renames it: a process that is killed in between leaves the previous checkpoint.

    Lightning's own way collects the checkpoint in memory and then in TMPDIR, where each kill leaves a torn copy.
    """

    def save_checkpoint(self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None) -> None:
        """Replaces `path` by the checkpoint, which is on disk when this returns.

        Raises:
            OSError: the disk is full, or the folder cannot be written to.
        """
        place = Path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        with atomic_write(place) as scratch, scratch.open("wb") as stream:
            try:
                torch.save(checkpoint, stream)
            except RuntimeError as failure:
                # torch closes its archive after a failed write, and reports that instead
                if isinstance(failure.__context__, OSError):
                    raise failure.__context__ from None
                raise
