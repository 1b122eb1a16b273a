"""Face detectors by name; each is built when it is first asked for, once a process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from fer_lightning.data.preprocess.detectors.face import Detector, Face
from fer_lightning.data.preprocess.detectors.haar import Haar
from fer_lightning.data.preprocess.detectors.hog import Hog
from fer_lightning.data.preprocess.detectors.mtcnn import Mtcnn

__all__ = ["DETECTORS", "Detector", "Face"]

DETECTORS: dict[str, Callable[[], Detector]] = {"haar": cache(Haar), "mtcnn": cache(Mtcnn), "hog": cache(Hog)}
