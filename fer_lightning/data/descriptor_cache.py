"""Computes the descriptors of a data set's images, and caches those of images that recur."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.cache import cache_rows, content_hash
from fer_lightning.data.dataset import Describe, to_tensor
from fer_lightning.data.descriptors import Descriptors, Hog
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.sampling import Draw

CHUNK = 512  # images in memory at once


def build_describer(
    faces: FaceSet, spec: InputSpec, whole: bool, augment: Augment | None, cache_dir: Path
) -> Describe | None:
    """The function that describes batches of `faces`; None if the net takes images alone.

    Descriptors of images that are the same in every epoch, unchanged or in prescribed variants, are computed once and
    cached; those of randomly augmented images are computed per batch.

    Args:
        faces: prepared faces.
        spec: input of the net.
        whole: whether images larger than the input are resized, not cropped.
        augment: augmentation, or None.
        cache_dir: folder of the cache.
    """
    hog = spec.descriptor
    if hog is None:
        return None
    if augment is not None and augment.random:
        return lambda images, draw: torch.from_numpy(hog(images.numpy()))
    copies = 1 if augment is None else augment.copies
    tables = [
        _cache_descriptors(faces, spec, whole, augment if copies > 1 else None, view, hog, cache_dir)
        for view in range(copies)
    ]

    def look_up(images: torch.Tensor, draw: Draw) -> torch.Tensor:
        views = np.zeros(len(draw.rows), dtype=np.int64) if draw.views is None else draw.views
        found = [tables[view][row] for row, view in zip(draw.rows.tolist(), views.tolist(), strict=True)]
        return torch.from_numpy(np.stack(found))

    return look_up


def _cache_descriptors(
    faces: FaceSet, spec: InputSpec, whole: bool, augment: Augment | None, view: int, hog: Hog, cache_dir: Path
) -> Descriptors:
    """(N, F), a row per face, all in one of their prescribed variants."""
    variant: tuple[object, ...] | None = None
    if augment is not None:
        variant = (type(augment.offline).__name__, vars(augment.offline), view)
        variant += () if augment.light is None else (asdict(augment.light),)
    key = content_hash("described", asdict(hog), spec.size, spec.channels, whole, variant, faces.fingerprint)

    def rows() -> Iterator[Descriptors]:
        for start in range(0, len(faces), CHUNK):
            part = np.arange(start, min(start + CHUNK, len(faces)))
            pixels = faces.array[part]
            if augment is not None:
                pixels = augment(pixels, Draw(part, seed=0, views=np.full(len(part), view)))
            yield hog(to_tensor(pixels, spec.size, spec.channels, whole).numpy())

    return cache_rows(cache_dir, "described", key, len(faces), rows)
