"""The data module of data sets whose images are frames of sequences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from fer_lightning.data.datamodule import FaceDataModule, FacesFactory
from fer_lightning.data.faces import FaceSet
from fer_lightning.errors import FerError

NEUTRAL = "neutral"


class SequenceDataModule(FaceDataModule):
    """Batches of chosen frames.

    Args:
        faces: reader that is still to be called with `cache_dir` and `frames`.
        class_names: the classes wanted.
        frames: which frames of each sequence; a name of `readers.frames.FRAMES`.
        classes: the name of the set that `class_names` spells out, where it has one.
        **common: as for FaceDataModule.
    """

    def __init__(
        self,
        faces: FacesFactory,
        class_names: Sequence[str],
        frames: str,
        classes: str | int | None = None,
        **common: Any,
    ) -> None:
        super().__init__(partial(faces, frames=frames), class_names, **common)
        self.frames = frames
        self.classes = classes

    def read_faces(self) -> FaceSet:
        """The chosen frames, as the reader gives them.

        Raises:
            FerError: neutral faces are wanted and no such frame was chosen.
        """
        faces = super().read_faces()
        held = {faces.class_names[number] for number in set(faces.label.tolist()) - {-1}}
        if NEUTRAL in self.class_names and NEUTRAL not in held:
            wish = f"data.classes={self.classes}" if self.classes else "data.class_names"
            raise FerError(
                f"{wish} wants neutral faces, and data.frames={self.frames} has none: take "
                "data.frames=first_and_last3, whose first frames are neutral, or classes without neutral"
            )
        return faces
