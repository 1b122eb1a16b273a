"""Hand-made FaceSets for the tests of the data room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from fer_lightning.data.faces import FaceSet

FER2013_CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.fixture(scope="session")
def make_faces() -> Callable[..., FaceSet]:
    """A function that makes faces of random pixels, no two alike, with the labels and columns asked for."""

    def make(labels: Sequence[int], size: int = 12, colour: bool = False, seed: int = 0, **columns: Any) -> FaceSet:
        shape = (len(labels), size, size, 3) if colour else (len(labels), size, size)
        given = {name: np.array(column) if name != "extras" else column for name, column in columns.items()}
        plain = {
            "pixels": np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8),
            "label": np.array(labels, dtype=np.int64),
            "class_names": FER2013_CLASSES,
            "ids": np.array([f"{row:05d}" for row in range(len(labels))]),
            "fingerprint": f"{labels} {size} {colour} {seed}",
        }
        class_names = tuple(columns.get("class_names", FER2013_CLASSES))
        return FaceSet(**(plain | given | {"class_names": class_names}))

    return make
