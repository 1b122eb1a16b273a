"""Pseudo-labels: predictions of a checkpoint for unlabelled images, with their confidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from fer_lightning.data.cache import Columns, cache_columns, content_hash
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.images import Pixels
from fer_lightning.data.preprocess.crop import crop_face
from fer_lightning.data.preprocess.detectors import DETECTORS
from fer_lightning.errors import FerError, choices
from fer_lightning.run.checkpoint.restore import find_checkpoint_file
from fer_lightning.run.load import load

KEY = "data.faces.labels.labeller"


class PseudoLabels:
    """Labels images with a trained net; paper C does not say how LFW was labelled.

    Args:
        checkpoint: of fer-train.
        cache_dir: folder of the cached labels, which must be identical in a run, its resume and all its processes.
        batch_size: images per batch.
        detector: name in DETECTORS of the face detector, as nets are trained on crops. An image without a detected
            face is used whole.
        trust: packages outside fer_lightning whose nets the checkpoint may name.

    Raises:
        FerError: the checkpoint is not set or does not exist, or the detector is unknown.
    """

    def __init__(
        self,
        checkpoint: str | None,
        cache_dir: str | Path,
        batch_size: int = 128,
        detector: str = "haar",
        trust: Sequence[str] | str = (),
    ) -> None:
        if not checkpoint:
            raise FerError(f"{KEY}.checkpoint is not set: name a best.ckpt trained on faces")
        if detector not in DETECTORS:
            raise FerError(f"{KEY}.detector={detector}: choose among {choices(DETECTORS, detector)}")
        self.checkpoint = find_checkpoint_file(Path(checkpoint).expanduser())
        if not self.checkpoint.is_file():
            raise FerError(f"{KEY}.checkpoint={checkpoint}: no such file")
        self.cache_dir = Path(cache_dir).expanduser()
        self.batch_size = batch_size
        self.detector = detector
        self.trust = trust

    def __call__(self, faces: FaceSet) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], tuple[str, ...]]:
        """Returns labels (N,) of N images, their probabilities (N,), and the class names."""
        key = content_hash("pseudo labels", faces.fingerprint, self.detector, files=[self.checkpoint])
        found = cache_columns(self.cache_dir, "pseudo", key, lambda: self._ask(faces))
        return found["label"], found["confidence"], tuple(json.loads(str(found["class_names"])))

    def _ask(self, faces: FaceSet) -> Columns:
        net = load(self.checkpoint, f"{KEY}.checkpoint", self.trust)
        label, confidence = np.empty(len(faces), dtype=np.int64), np.empty(len(faces), dtype=np.float32)
        net.module.to(torch.device("cuda" if torch.cuda.is_available() else "cpu"))
        for start in range(0, len(faces), self.batch_size):
            rows = range(start, min(start + self.batch_size, len(faces)))
            shares = net.probabilities([self._face(faces.pixels[row]) for row in rows])
            label[start : rows.stop], confidence[start : rows.stop] = shares.argmax(axis=1), shares.max(axis=1)
        return {"label": label, "confidence": confidence, "class_names": np.array(json.dumps(net.class_names))}

    def _face(self, picture: Pixels) -> Pixels:
        found = DETECTORS[self.detector]()(picture)
        return crop_face(picture, found[0] if found else None, crop=True, align=False, margin=0.0)
