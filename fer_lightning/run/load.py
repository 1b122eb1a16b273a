"""`fer_lightning.load`: a trained model as one Python object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import numpy.typing as npt
import torch

from fer_lightning.data.dataset import to_tensor
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError
from fer_lightning.run.build import make
from fer_lightning.run.checkpoint import restore
from fer_lightning.training.classifier import Classifier


@dataclass(frozen=True)
class Recognizer:
    """A trained model with all that its images need.

    Attributes:
        module: the LightningModule in eval mode; its `scores` takes prepared images and gives what was tested.
        class_names: what the columns of the probabilities stand for.
        preprocess: turns face crops into the pixels that the model was trained on.
    """

    module: Classifier
    class_names: tuple[str, ...]
    preprocess: Prepare

    @torch.inference_mode()
    def probabilities(self, faces: npt.NDArray[np.uint8] | Sequence[npt.NDArray[np.uint8]]) -> npt.NDArray[np.float32]:
        """(N, C) probabilities of face crops (N, H, W) grey or (N, H, W, 3) RGB, uint8, of any size.

        Faces of different sizes come as a list of (H, W) or (H, W, 3).

        Raises:
            FerError: another shape or type.
        """
        stacks = [face[None] for face in faces] if isinstance(faces, Sequence) else [faces]
        for stack in stacks:
            if stack.dtype != np.uint8 or stack.ndim not in (3, 4) or (stack.ndim == 4 and stack.shape[-1] != 3):
                raise FerError(
                    f"faces are {stack.dtype} of shape {stack.shape}: give uint8 (N, H, W) grey or (N, H, W, 3) RGB"
                )
        spec, prepare = self.module.input, self.preprocess
        images = to_tensor(prepare(faces), spec.size, spec.channels, prepare.shown_whole).to(self.module.device)
        return cast(npt.NDArray[np.float32], self.module.scores(images).softmax(dim=1).cpu().numpy())

    def predict(self, faces: npt.NDArray[np.uint8]) -> list[str]:
        """The likeliest expression of each face; faces as for `probabilities`."""
        return [self.class_names[number] for number in self.probabilities(faces).argmax(axis=1)]


def load(path: str | Path, key: str = "ckpt") -> Recognizer:
    """The model in a checkpoint, or in the folder of a run, rebuilt from that file alone.

    `key` is what messages call the argument.

    Raises:
        FerError: there is none, it names what a checkpoint may not, or its net does not classify.
    """
    place = Path(path).expanduser()
    restored = restore(place / "checkpoints" / "best.ckpt" if place.is_dir() else place, key)
    if not isinstance(restored.module, Classifier):
        raise FerError(f"{key}={path}: its net does not name expressions ({restored.config['choices'].get('model')})")
    prepare = cast(Prepare, make("preprocess", restored.config["preprocess"]))
    return Recognizer(restored.module, restored.module.class_names, prepare)
