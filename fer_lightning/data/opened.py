"""A data set that is ready to be dealt out in batches."""

from __future__ import annotations

from typing import NamedTuple

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.protocols import Protocol
from fer_lightning.data.soft_targets import Shares


class Opened(NamedTuple):
    """The faces before and after preparation, and their sides.

    Attributes:
        source: the faces as located and not yet prepared, with the labels of their data set.
        faces: the same, prepared and labelled in the wanted classes.
        protocol: the rows of each side.
        train_targets: (N, C) what the loss compares training images with; None where that is as for other images.
    """

    source: FaceSet
    faces: FaceSet
    protocol: Protocol
    train_targets: Shares | None = None
