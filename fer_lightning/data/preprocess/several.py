"""Chooses among several faces in one image."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fer_lightning.data.preprocess.detectors import Face
from fer_lightning.errors import FerError

SEVERAL = ("best", "largest", "central", "error")


def best_of(faces: Sequence[Face], how: str, shape: Sequence[int], name: str) -> Face:
    """The face that counts.

    Args:
        faces: at least one.
        how: `best` by the detector's score, `largest` by area, `central` by distance from the image's middle; of equal
            ones the first. `error` refuses more than one.
        shape: height and width of the image, in pixels.
        name: of the image, for the message.

    Raises:
        FerError: several faces where that is an error.
    """
    if how == "error" and len(faces) > 1:
        raise FerError(f"{name}: {len(faces)} faces found; data.locate.on_several=largest takes the largest")
    height, width = shape[:2]

    def area(face: Face) -> float:
        return face.box[2] * face.box[3]

    def nearness(face: Face) -> float:
        left, top, wide, high = face.box
        return -((left + wide / 2 - width / 2) ** 2 + (top + high / 2 - height / 2) ** 2)

    value: dict[str, Callable[[Face], float]] = {"largest": area, "central": nearness}
    return max(faces, key=value.get(how, lambda face: face.score))
