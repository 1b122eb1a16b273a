"""Which images trained a checkpoint: read from it, carried on, and looked for among the images of a test."""

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
    """(N,) int64 digests of the images that trained a checkpoint; None where it is from before they were kept.

    Raises:
        FerError: they are something else.
    """
    found = saved.get(TRAINED_IMAGES)
    if found is None or (isinstance(found, torch.Tensor) and found.dtype == torch.int64 and found.ndim == 1):
        return found
    raise FerError(f"{path}: '{TRAINED_IMAGES}' is no list of whole numbers, as fer-train writes it; train it anew")


def merge_trained_images(own: torch.Tensor | None, earlier: torch.Tensor | None) -> torch.Tensor | None:
    """The digests of the images that train, and behind them of others that trained before."""
    if own is None or earlier is None:
        return own
    return torch.cat([own, earlier[~torch.isin(earlier, own)]])


def find_trained_rows(trained: torch.Tensor | None, datamodule: FaceDataModule) -> Integers | None:
    """Rows of the test images whose pixels trained the checkpoint, under whatever name; told in the log.

    Args:
        trained: digests, as `read_trained_images` reads them.
        datamodule: what is tested.

    Returns:
        None where the checkpoint does not know what trained it.
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
