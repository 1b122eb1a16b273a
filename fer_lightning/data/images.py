"""Images in files: decoding, and sequences that decode on access."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from fer_lightning.data.names import path_text
from fer_lightning.errors import FerError

Pixels = npt.NDArray[np.uint8]

Image.init()  # registers every format of Pillow
# image formats; of Pillow's others one starts a program (EPS), and most are of another kind (HDF5, MPEG)
FORMATS = tuple(
    name
    for name in ("JPEG", "PNG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
    if name in Image.OPEN
)
SUFFIXES = {ending for ending, name in Image.registered_extensions().items() if name in FORMATS}
LONGEST_SIDE = 16_384  # pixels; images are padded to squares, and such a square of colour takes 800 MB
NAMED = 10  # unreadable images that a message names
BROKEN = "this is no image that can be read, or it is cut off"
# errors of Pillow for a damaged file
DAMAGE = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)
DEEP = {"I;16", "I;16B", "I;16L", "I;16N", "I"}  # 16-bit grey, as Pillow calls it
OPENED = re.compile(r"<_io\.\w+ name=[^>]*>")  # an open file in the messages of Pillow
DEPTH = 257  # 65535 / 255


class Images(Protocol):
    """N images by index: an array, or a sequence that computes each on access."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Pixels:
        """(H, W) grey or (H, W, 3) RGB, uint8; sizes may differ between images."""
        ...

    def __iter__(self) -> Iterator[Pixels]: ...


class ImageFiles(Sequence[Pixels]):
    """The images in files, each decoded on access, because a whole set of photographs would not fit into memory.

    Args:
        paths: one file per image.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> Pixels:  # type: ignore[override]
        return decode(self.paths[number])


class Rows(Sequence[Pixels]):
    """A selection of other images, in any order and with repetitions, without copying.

    Args:
        images: the other images.
        rows: (N,) their indices.
    """

    def __init__(self, images: Images, rows: npt.NDArray[np.int64]) -> None:
        self.images = images
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Pixels:  # type: ignore[override]
        return self.images[int(self.rows[number])]


def decode(path: Path) -> Pixels:
    """Decodes a file to (H, W) grey or (H, W, 3) RGB uint8.

    The image is rotated as its EXIF data say, 16 bits are scaled to 8, and transparency is blended with white. Of an
    animation the first image is taken.

    Raises:
        FerError: the file is not an image, is truncated, has floating-point pixels, or a side above LONGEST_SIDE.
    """
    with _one_clear_error(path):
        return _decode(path)


def from_pil(picture: Image.Image, name: str) -> Pixels:
    """Converts a PIL image as `decode` does; `name` is its name in messages."""
    with _one_clear_error(name), _translate_damage(name):
        return _to_uint8(picture)


def decode_all(paths: Sequence[Path], root: Path) -> Iterator[Pixels]:
    """Decodes each file in turn.

    Args:
        paths: the files.
        root: a folder that holds all of them, for messages.

    Raises:
        FerError: after the last file, with the number of those that `decode` refuses and the names of the first ten.
    """
    refused: dict[Path, str] = {}
    for path in paths:
        try:
            image = _decode(path)
        except _Refused as refusal:
            refused[path] = str(refusal)
            continue
        yield image
    if len(refused) == 1:
        path, reason = next(iter(refused.items()))
        raise FerError(f"{path}: {reason}")
    if refused:
        listed = [f"{path_text(path, root)}: {reason}".replace(f": {BROKEN}", "") for path, reason in refused.items()]
        more = f", and {len(listed) - NAMED} more" if len(listed) > NAMED else ""
        raise FerError(
            f"{root}: {len(refused)} of {len(paths)} images cannot be read; get them again or remove them: "
            f"{', '.join(listed[:NAMED])}{more}"
        )


def is_image(path: Path) -> bool:
    """Whether the content of the file is an image of one of FORMATS, whatever its name."""
    try:
        with warnings.catch_warnings(), path.open("rb") as file:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS):
                return True
    except Image.DecompressionBombError:
        return True
    except DAMAGE:
        return False


def resize(image: Pixels, side: int) -> Pixels:
    """Resizes a square image to (side, side[, 3]); one of that size is returned unchanged.

    Shrinking takes the mean over areas, enlarging is bilinear.
    """
    if image.shape[:2] == (side, side):
        return image
    method = cv2.INTER_AREA if image.shape[0] > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(image), (side, side), interpolation=method), dtype=np.uint8)


class _Refused(Exception):
    """The reason why an image cannot be decoded, without its name."""


@contextmanager
def _one_clear_error(name: str | Path) -> Iterator[None]:
    try:
        yield
    except _Refused as refusal:
        raise FerError(f"{name}: {refusal}") from refusal


@contextmanager
def _translate_damage(name: str | Path) -> Iterator[None]:
    """Translates errors of Pillow for a damaged image to `_Refused`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about EXIF entries that are not used
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # LONGEST_SIDE is the limit here
            yield
    except DAMAGE as damage:
        reason = OPENED.sub("it", (str(damage) or type(damage).__name__).splitlines()[0].replace(str(name), "it"))
        raise _Refused(f"{BROKEN} ({reason[:200]})") from damage


def _decode(path: Path) -> Pixels:
    with _translate_damage(path):
        if path.exists() and not path.is_file():  # opening a pipe would block
            raise OSError("it is no regular file")
        # given a path, Pillow maps an uncompressed TIFF into memory, and scrambles it if EXIF rotates it
        with path.open("rb") as file, Image.open(file, formats=FORMATS) as opened:
            return _to_uint8(opened)


def _to_uint8(picture: Image.Image) -> Pixels:
    if max(picture.size) > LONGEST_SIDE:
        raise _Refused(f"{picture.width}x{picture.height} pixels, a side may have {LONGEST_SIDE:,}")
    picture.load()
    picture = ImageOps.exif_transpose(picture)
    if picture.mode in DEEP:
        deep = np.asarray(picture).astype(np.int64)
        if deep.min() < 0 or deep.max() > 65535:
            raise _Refused(f"grey values from {deep.min()} to {deep.max()}; an image has at most 16 bits")
        return np.round(deep / DEPTH).astype(np.uint8)
    if picture.mode == "F":
        raise _Refused("its pixels are floating-point numbers; save it with 8 or 16 bits")
    if picture.has_transparency_data:
        clear = picture.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        picture = Image.alpha_composite(white, clear).convert("L" if picture.mode in ("LA", "La", "L") else "RGB")
    if picture.mode not in ("L", "RGB"):
        picture = picture.convert("L" if picture.mode == "1" else "RGB")
    return np.array(picture, dtype=np.uint8)
