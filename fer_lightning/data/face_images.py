"""Face images as arguments of a trained model: arrays, PIL images or paths, one or many."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence, Sized
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from fer_lightning.data.images import Images, Pixels, decode, from_pil
from fer_lightning.errors import FerError

Face = npt.NDArray[np.uint8] | Image.Image | str | Path
TAKEN = (
    "give uint8 images (H, W) grey or (H, W, 3) RGB: one, an array (N, H, W) or (N, H, W, 3) of them, or a list of "
    "arrays, PIL images or paths of any sizes"
)


def face_images(faces: Face | Iterable[Face]) -> Images:
    """N images (H, W) or (H, W, 3) uint8 from one face or many; files are decoded on access.

    An array whose last axis is 3 is RGB, so (48, 48, 3) is one face and (48, 48, 48) are 48 grey ones. Files and PIL
    images are rotated as their EXIF data say, 16 bits are scaled to 8, and transparency is blended with white.

    Args:
        faces: one image, an array of several, or an iterable of images of any sizes.

    Raises:
        FerError: no face, another type, dtype or shape; on access, a file that is not an image.
    """
    if isinstance(faces, np.ndarray):
        # a last axis of 1, 2 or 4 is one image with a number of channels that no net takes
        several = faces.ndim == 4 or (faces.ndim == 3 and faces.shape[-1] > 4)
        if not faces.size or not _is_image(faces[0] if several else faces):
            raise _refused("faces", faces)
        return faces if several else _FaceImages([faces])
    if isinstance(faces, Image.Image | str | Path):
        return _FaceImages([faces])
    listed = list(faces) if isinstance(faces, Iterable) else []
    if not listed:
        raise _refused("faces", faces)
    for number, face in enumerate(listed):
        if not isinstance(face, Image.Image | str | Path) and not _is_image(face):
            raise _refused(f"faces[{number}]", face)
    return _FaceImages(listed)


class _FaceImages(Sequence[Pixels]):
    def __init__(self, faces: Sequence[Face]) -> None:
        self.faces = faces

    def __len__(self) -> int:
        return len(self.faces)

    def __getitem__(self, number: int) -> Pixels:  # type: ignore[override]
        face = self.faces[number]
        if isinstance(face, Image.Image):
            return from_pil(face, f"faces[{number}]")
        return face if isinstance(face, np.ndarray) else decode(_expanded(face))


def _expanded(path: str | Path) -> Path:
    return Path(os.path.expanduser(path))  # noqa: PTH111  # pathlib raises another error for an unknown user


def _is_image(value: Any) -> bool:
    is_plain = isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.size > 0
    return is_plain and (value.ndim == 2 or (value.ndim == 3 and value.shape[-1] == 3))


def _refused(name: str, value: Any) -> FerError:
    empty = "empty " if isinstance(value, Sized) and not len(value) else ""
    kind = (
        f"{value.dtype} of shape {value.shape}" if isinstance(value, np.ndarray) else f"of type {type(value).__name__}"
    )
    return FerError(f"{name}: {empty}{kind}; {TAKEN}")
