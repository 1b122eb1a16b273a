"""Labels for pictures that nobody labelled: what a checkpoint says of them, and how sure it is."""

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
    """A trained net as labeller; paper C is silent on how LFW got its expressions.

    Args:
        checkpoint: of fer-train.
        cache_dir: where the answers are kept: a run, its resume and its helpers must not differ by a rounding.
        batch_size: pictures that the net sees at once.
        detector: finds the face in each picture, for nets learn from crops; a name of DETECTORS. A picture without a
            find is shown whole.
        trust: packages outside fer_lightning whose nets the checkpoint may name.

    Raises:
        FerError: no checkpoint is named, or there is none, or an unknown detector.
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
        """Labels (N,) of N pictures, the probability of each (N,), and the class names that the labels count."""
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
