"""The data module of data sets whose images several people judged."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from fer_lightning.data.datamodule import FaceDataModule, FacesFactory


class VotesDataModule(FaceDataModule):
    """Batches of faces labelled by votes.

    Args:
        faces: reader that is still to be called with `cache_dir` and `label_mode`.
        class_names: the classes wanted.
        label_mode: how votes become a label, or shares that the loss compares with; names are the reader's.
        **common: as for FaceDataModule.
    """

    def __init__(self, faces: FacesFactory, class_names: Sequence[str], label_mode: str, **common: Any) -> None:
        super().__init__(partial(faces, label_mode=label_mode), class_names, **common)
