"""A data set of any number of images for benchmarks: drawn faces, repeated, each image with a number in its corner."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fer_lightning.data.cache import cache_faces, content_hash
from fer_lightning.data.faces import FaceSet, Pixels
from fer_lightning.data.synthetic.read import draw_set

DRAWN = 560  # faces that are drawn; the others repeat them


def read(cache_dir: Path, images: int, subjects: int = 100, size: int = 48, seed: int = 0) -> FaceSet:
    """Grey faces (images, size, size) of `subjects` people, no two images equal; parameters as of `data=synthetic`.

    `data.faces._target_=tools.performance.many_faces.read` takes the place of the drawn faces of `data=synthetic`.
    """
    key = content_hash("many faces", DRAWN, images, subjects, size, seed)
    return cache_faces(cache_dir, "many_faces", key, lambda: _make(images, subjects, size, seed, key))


def _make(images: int, subjects: int, size: int, seed: int, key: str) -> FaceSet:
    drawn = draw_set(DRAWN, 10, size, seed)
    numbers = np.arange(images)
    names = np.array([f"S{number:04d}" for number in range(subjects)])
    return FaceSet(
        pixels=_Numbered(drawn.array, images),
        label=drawn.label[numbers % DRAWN],
        class_names=drawn.class_names,
        ids=np.array([f"{number:07d}" for number in numbers]),
        fingerprint=key,
        subject=names[np.random.default_rng(seed).integers(subjects, size=images)],  # every side has every class
    )


class _Numbered(Sequence[Pixels]):
    """Repeats the faces (N, H, W); the first four pixels of an image are the bytes of its number."""

    def __init__(self, faces: Pixels, images: int) -> None:
        self.faces = faces
        self.images = images

    def __len__(self) -> int:
        return self.images

    def __getitem__(self, number: int) -> Pixels:  # type: ignore[override]
        image: Pixels = self.faces[number % len(self.faces)].copy()
        image[0, :4] = np.frombuffer(number.to_bytes(4, "little"), dtype=np.uint8)
        return image
