"""Writes drawn faces in the on-disk layout of JAFFE."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import cv2
import numpy as np

from fer_lightning.data.faces import FaceSet
from tests.layouts.scene import in_scene

# Not the reader's own list: a wrong code there would agree with itself in the tests
JAFFE_CODES = {
    "angry": "AN",
    "disgust": "DI",
    "fear": "FE",
    "happy": "HA",
    "sad": "SA",
    "surprise": "SU",
    "neutral": "NE",
}
JAFFE_PEOPLE = ("KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM")
TAKES = 4  # of an expression, at most
SIDE = 96  # JAFFE's 256, made tiny
TOP, LEFT = 24, 24  # of the face in it


def write_jaffe(faces: FaceSet, folder: Path) -> Path:
    """Writes up to four faces of each expression but contempt of the first ten people, as KA.AN1.1.tiff and so on.

    Args:
        faces: 48x48 grey faces with subjects.
        folder: made when missing.

    Returns:
        The folder.
    """
    assert faces.subject is not None
    folder.mkdir(parents=True, exist_ok=True)
    codes = dict(zip(np.unique(faces.subject).tolist(), JAFFE_PEOPLE, strict=False))
    taken: Counter[str] = Counter()
    for row in range(len(faces)):
        person, label = str(faces.subject[row]), faces.class_names[faces.label[row]]
        if person not in codes or label not in JAFFE_CODES:
            continue
        stem = f"{codes[person]}.{JAFFE_CODES[label]}"
        if taken[stem] < TAKES:
            taken[stem] += 1
            photo = in_scene(np.asarray(faces.pixels[row]), SIDE, SIDE, TOP, LEFT)
            path = folder / f"{stem}{taken[stem]}.{taken.total()}.tiff"
            path.write_bytes(cv2.imencode(".tiff", photo)[1].tobytes())
    return folder
