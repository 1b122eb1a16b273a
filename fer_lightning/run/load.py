"""`fer_lightning.load`: loads a trained model as one Python object."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import torch

from fer_lightning.data.dataset import to_tensor
from fer_lightning.data.face_images import Face, face_images
from fer_lightning.data.images import Images
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError
from fer_lightning.os_errors import as_fer_error
from fer_lightning.run.checkpoint.restore import restore
from fer_lightning.training.classifier import Classifier

CHUNK = 256  # faces in memory at once


@dataclass(frozen=True)
class Recognizer:
    """A trained model with its preprocessing.

    Attributes:
        module: the LightningModule in eval mode; its `scores` computes logits of prepared images, as in the test.
        class_names: classes of the columns of the probabilities.
        preprocess: converts face crops to the inputs of the model.
    """

    module: Classifier
    class_names: tuple[str, ...]
    preprocess: Prepare

    @torch.inference_mode()
    def probabilities(self, faces: Face | Iterable[Face]) -> npt.NDArray[np.float32]:
        """Computes probabilities (N, C) of N face crops; N is 1 for a single one.

        Args:
            faces: uint8 (H, W) grey or (H, W, 3) RGB; an array (N, H, W) or (N, H, W, 3) of several; or a list of such
                arrays, PIL images and paths of image files, of any sizes. A last axis of 3 is always RGB.

        Raises:
            FerError: no face, an invalid type, dtype or shape, or a file that is no image.
        """
        given = face_images(faces)
        starts = range(0, len(given), CHUNK)
        return np.concatenate([self._chunk(given, range(s, min(s + CHUNK, len(given)))) for s in starts])

    def predict(self, faces: Face | Iterable[Face]) -> list[str]:
        """Predicts the expression of each face; arguments as for `probabilities`."""
        return [self.class_names[number] for number in self.probabilities(faces).argmax(axis=1)]

    def _chunk(self, faces: Images, rows: range) -> npt.NDArray[np.float32]:
        spec, prepare = self.module.input, self.preprocess
        prepared = prepare([np.ascontiguousarray(faces[row]) for row in rows])  # OpenCV takes no flipped view
        images = to_tensor(prepared, spec.size, spec.channels, prepare.shown_whole).to(self.module.device)
        return cast(npt.NDArray[np.float32], self.module.scores(images).softmax(dim=1).cpu().numpy())


def load(path: str | Path, key: str = "ckpt", trust: Sequence[str] | str = ()) -> Recognizer:
    """Loads the model of a checkpoint or of the folder of a run, from that file alone.

    Args:
        path: the file or the folder.
        key: the name of the argument in messages.
        trust: your packages, modules or classes that the checkpoint may name beside the allow list
            (docs/results.md, Checkpoints).

    Raises:
        FerError: the checkpoint is missing, unreadable or damaged, has a target that is not allowed, or its net does
            not classify.
    """
    with as_fer_error({}):
        restored = restore(Path(path).expanduser(), key, trust)
    if not restored.module.predicted_classes:
        raise FerError(f"{key}={path}: its net does not name expressions ({restored.config['choices'].get('model')})")
    return Recognizer(cast(Classifier, restored.module), restored.module.class_names, restored.prepare)
