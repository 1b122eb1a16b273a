"""Digests of the images that trained a checkpoint: read, merged, and compared with test images."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.faces import Integers
from fer_lightning.errors import FerError, first_few
from fer_lightning.training.learner import TRAINED_IMAGES

log = logging.getLogger(__name__)


def read_trained_images(saved: Mapping[str, Any], path: Path) -> torch.Tensor | None:
    """Returns (N,) int64 digests of the training images; None for checkpoints of earlier versions.

    Raises:
        FerError: they have another type or shape.
    """
    found = saved.get(TRAINED_IMAGES)
    if found is None or (isinstance(found, torch.Tensor) and found.dtype == torch.int64 and found.ndim == 1):
        return found
    raise FerError(f"{path}: '{TRAINED_IMAGES}' is no list of whole numbers, as fer-train writes it; train it anew")


def merge_trained_images(own: torch.Tensor | None, earlier: torch.Tensor | None) -> torch.Tensor | None:
    """Appends the digests of images that trained an earlier net, without repetitions."""
    if own is None or earlier is None:
        return own
    return torch.cat([own, earlier[~torch.isin(earlier, own)]])


def find_trained_rows(trained: torch.Tensor | None, datamodule: FaceDataModule) -> Integers | None:
    """Finds and logs the rows of test images whose pixels trained the checkpoint, under any name.

    Args:
        trained: digests, as returned by `read_trained_images`.
        datamodule: what is tested.

    Returns:
        None if the checkpoint has no digests.
    """
    if trained is None:
        log.info("the checkpoint was written before digests were kept: whether it trained on test images is not known")
        return None
    rows = datamodule.protocol.test
    seen = rows[np.isin(datamodule.image_digests("test"), trained.numpy())]
    names = f" ({first_few(datamodule.faces.ids[seen].tolist())})" if len(seen) else ""
    tell = log.warning if len(seen) else log.info
    tell("test images that trained: %d of %d%s", len(seen), len(rows), names)
    return seen
