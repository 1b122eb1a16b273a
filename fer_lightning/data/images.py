"""Pictures that stay in their files until they are asked for, decoded as they should look."""

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
# the formats of pictures; of Pillow's others one starts a program (EPS), and most describe something else (HDF5, MPEG)
FORMATS = tuple(
    name
    for name in ("JPEG", "PNG", "BMP", "DIB", "GIF", "TIFF", "WEBP", "PPM", "JPEG2000", "AVIF")
    if name in Image.OPEN
)
SUFFIXES = {ending for ending, name in Image.registered_extensions().items() if name in FORMATS}
LONGEST_SIDE = 16_384  # pixels; an oblong image is made square, and of colour this square takes 800 MB
NAMED = 10  # broken images that a message names
BROKEN = "this is no image that can be read, or it is cut off"
# what Pillow raises for a damaged file
DAMAGE = (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError)
DEEP = {"I;16", "I;16B", "I;16L", "I;16N", "I"}  # 16-bit grey, as Pillow calls it
OPENED = re.compile(r"<_io\.\w+ name=[^>]*>")  # what Pillow calls a file that is open
DEPTH = 257  # 65535 / 255


class Images(Protocol):
    """N pictures by number: an array, or a sequence that makes each when it is asked for."""

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Pixels:
        """(H, W) grey or (H, W, 3) RGB, uint8; sizes may differ between pictures."""
        ...

    def __iter__(self) -> Iterator[Pixels]: ...


class ImageFiles(Sequence[Pixels]):
    """The pictures in files, each decoded when it is asked for: a whole set of photographs would not fit in memory.

    Args:
        paths: one file a picture.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = list(paths)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, number: int) -> Pixels:  # type: ignore[override]
        return decode(self.paths[number])


class Rows(Sequence[Pixels]):
    """Some of other pictures, in another order, perhaps several times; not copied.

    Args:
        images: the other pictures.
        rows: (N,) their numbers.
    """

    def __init__(self, images: Images, rows: npt.NDArray[np.int64]) -> None:
        self.images = images
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, number: int) -> Pixels:  # type: ignore[override]
        return self.images[int(self.rows[number])]


def decode(path: Path) -> Pixels:
    """(H, W) grey or (H, W, 3) RGB uint8: turned as its EXIF says, 16 bits scaled to 8, transparency over white.

    Of an animation the first picture.

    Raises:
        FerError: naming the file when it is no image, cut off, of floating-point pixels, or longer than LONGEST_SIDE.
    """
    with _one_clear_error(path):
        return _decode(path)


def from_pil(picture: Image.Image, name: str) -> Pixels:
    """As `decode`, of a picture that is open or in memory; `name` is what messages call it."""
    with _one_clear_error(name), _translate_damage(name):
        return _to_uint8(picture)


def decode_all(paths: Sequence[Path], root: Path) -> Iterator[Pixels]:
    """Each picture in turn, as `decode` gives it.

    Args:
        paths: the files.
        root: a folder above all of them, for messages.

    Raises:
        FerError: after the last file, naming those that `decode` refuses, up to ten of them, and how many they are.
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
    """Whether the file begins as an image of one of FORMATS does, whatever its name."""
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
    """(side, side[, 3]) of a square image, itself where it has that size already.

    The mean over an area keeps what fine detail says when shrinking; it does nothing for enlarging, which is bilinear.
    """
    if image.shape[:2] == (side, side):
        return image
    method = cv2.INTER_AREA if image.shape[0] > side else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(image), (side, side), interpolation=method), dtype=np.uint8)


class _Refused(Exception):
    """Why a picture cannot be decoded, without its name."""


@contextmanager
def _one_clear_error(name: str | Path) -> Iterator[None]:
    try:
        yield
    except _Refused as refusal:
        raise FerError(f"{name}: {refusal}") from refusal


@contextmanager
def _translate_damage(name: str | Path) -> Iterator[None]:
    """Turns what Pillow raises for a damaged picture into `_Refused`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # about EXIF entries that nothing here reads
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # LONGEST_SIDE is the limit here
            yield
    except DAMAGE as damage:
        reason = OPENED.sub("it", (str(damage) or type(damage).__name__).splitlines()[0].replace(str(name), "it"))
        raise _Refused(f"{BROKEN} ({reason[:200]})") from damage


def _decode(path: Path) -> Pixels:
    with _translate_damage(path):
        if path.exists() and not path.is_file():  # opening a pipe would wait for its other end
            raise OSError("it is no regular file")
        # by its path Pillow would map an uncompressed TIFF into memory, and scrambles it where EXIF turns it
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
