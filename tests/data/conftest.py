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


@pytest.fixture
def several_columns(make_faces):
    """Three faces with columns of every kind."""
    return make_faces(
        [3, 0, 6],
        ids=["straße/1", "日本", "c"],
        subject=["Zoë", "Zoë", "李"],
        frame=[0, 1, 2],
        extras={"votes": np.arange(6).reshape(3, 2), "landmarks": np.ones((3, 68, 2), dtype=np.float32)},
    )


@pytest.fixture
def counted(several_columns):
    """A maker that keeps count of its calls."""

    class Counted:
        calls = 0

        def __call__(self):
            self.calls += 1
            return several_columns

    return Counted()
