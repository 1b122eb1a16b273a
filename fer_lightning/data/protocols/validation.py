"""Takes a validation part out of the images that train, for splits that name none."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.faces import Integers
from fer_lightning.data.folds import folds
from fer_lightning.errors import FerError

PARTS = 10  # one of ten parts validates


def cut_validation(train: Integers, groups: Integers, labels: Integers, seed: int) -> tuple[Integers, Integers]:
    """The rows that train and those that validate: a stratified tenth in whole groups, one group of fewer than ten.

    Args:
        train: (N,) sorted rows that would train.
        groups: (N,) number of the group (people, copies) of each of them.
        labels: (N,) class of each of them.
        seed: of the order among equal groups.

    Raises:
        FerError: the rows are a single group.
    """
    number = len(np.unique(groups))
    if number < 2:
        raise FerError(
            "data.protocol: the training images are one person or copies of one image, so that none can validate; "
            "take more images, or data.protocol=kfold_images"
        )
    home = folds(groups, labels, min(PARTS, number), seed)
    return train[home > 0], train[home == 0]
