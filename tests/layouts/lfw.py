"""Writes drawn faces in the on-disk layout of LFW."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from fer_lightning.data.faces import FaceSet
from fer_lightning.errors import FerError, choices

VARIANTS = ("lfw", "lfw-deepfunneled", "lfw_funneled")
SIZE = 250


def write_lfw(faces: FaceSet, folder: Path, variant: str) -> Path:
    """Writes every face as a colour photograph `<variant>/<Name>/<Name>_0001.jpg` of 250x250 pixels.

    Args:
        faces: grey faces with subjects; Drawn_<subject> is the name.
        folder: made when missing.
        variant: one of the three folders as which LFW is packed.

    Returns:
        The folder of the variant.

    Raises:
        FerError: another variant.
    """
    if variant not in VARIANTS:
        raise FerError(f"variant={variant}: choose among {choices(VARIANTS, variant)}")
    assert faces.subject is not None
    taken: dict[str, int] = {}
    for image, subject in zip(faces.pixels, faces.subject, strict=True):
        name = f"Drawn_{subject}"
        taken[name] = taken.get(name, 0) + 1
        place = folder / variant / name
        place.mkdir(parents=True, exist_ok=True)
        large = cv2.resize(np.asarray(image), (SIZE, SIZE))
        cv2.imwrite(str(place / f"{name}_{taken[name]:04d}.jpg"), cv2.cvtColor(large, cv2.COLOR_GRAY2BGR))
    return folder / variant
