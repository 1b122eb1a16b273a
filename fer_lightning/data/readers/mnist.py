"""Reads MNIST's digits, upright or each rotated by a random angle."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import cache_faces, content_hash
from fer_lightning.data.faces import FaceSet, Pixels
from fer_lightning.data.readers.checks import check_not_file, describe_location, name_counts, warn_unless_official
from fer_lightning.errors import FerError

CLASS_NAMES = tuple("0123456789")
SIZE = 28
READING = 1  # part of the cache key: increase it when the same files and parameters give other pixels
# split -> prefix of its files' names
FILES = {"train": "train", "test": "t10k"}
MAGIC = {"images-idx3-ubyte": 0x0803, "labels-idx1-ubyte": 0x0801}  # unsigned bytes in three dimensions, and in one
# LeCun, Cortes and Burges: images per digit
OFFICIAL_COUNTS = {
    "train": (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949),
    "test": (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009),
}


def read(dir: str | Path, cache_dir: Path, rotate: float = 0.0, seed: int = 0) -> FaceSet:
    """Reads MNIST's digits, grey pixels (N, 28, 28); the column `split` is train or test.

    Paper B checks its spatial transformer on the upright digits; rotated ones are a harder check. Ids are
    train/00000 and so on.

    Args:
        dir: the folder that torchvision calls root, with the four unpacked IDX files in MNIST/raw.
        cache_dir: folder of the cache.
        rotate: each digit is rotated by an angle drawn uniformly from -rotate to rotate degrees, about its centre,
            bilinearly, with a black border.
        seed: seed of the angles.

    Raises:
        FerError: a file is missing, truncated or of another kind; an angle outside 0..180; a negative seed.
    """
    if not (math.isfinite(rotate) and 0 <= rotate <= 180):
        raise FerError(f"data.faces.rotate={rotate}: choose 0 to 180 degrees")
    if not 0 <= seed < 2**32:
        raise FerError(f"data.faces.seed={seed}: choose 0 to {2**32 - 1}")
    check_not_file(Path(dir))
    raw = Path(dir) / "MNIST" / "raw"
    paths = [raw / f"{start}-{kind}" for start in FILES.values() for kind in MAGIC]
    for path in paths:
        _check_idx_file(path)
    key = content_hash("mnist", READING, float(rotate), seed if rotate else None, files=paths)
    faces = cache_faces(cache_dir, "mnist", key, lambda: _read_all(raw, rotate, seed))
    warn_unless_official(faces, OFFICIAL_COUNTS)
    return faces


def official_counts(faces: FaceSet) -> dict[str, dict[str, int]]:
    """Split -> digit -> published images."""
    return name_counts(CLASS_NAMES, OFFICIAL_COUNTS)


def _read_all(raw: Path, rotate: float, seed: int) -> FaceSet:
    # imported here because it takes seconds; the class MNIST would prefer old copies in MNIST/processed
    from torchvision.datasets.mnist import read_image_file, read_label_file

    pixels, labels, ids, split = [], [], [], []
    for side, start in FILES.items():
        images, digits = (raw / f"{start}-{kind}" for kind in MAGIC)
        pixels.append(read_image_file(str(images)).numpy())
        labels.append(read_label_file(str(digits)).numpy())
        if len(pixels[-1]) != len(labels[-1]):
            raise FerError(f"{digits}: {len(labels[-1])} labels for the {len(pixels[-1])} images of {images.name}")
        if labels[-1].max() > 9:
            raise FerError(f"{digits}: label {labels[-1].max()}, a digit is 0 to 9")
        ids += [f"{side}/{number:05d}" for number in range(len(labels[-1]))]
        split += [side] * len(labels[-1])
    whole = np.concatenate(pixels)
    if rotate:
        # RandomState, because its stream is the one that NumPy promises never to change
        angles = np.random.RandomState(seed).uniform(-rotate, rotate, len(whole))
        whole = np.stack([_rotate(image, angle) for image, angle in zip(whole, angles, strict=True)])
    return FaceSet(whole, np.concatenate(labels), CLASS_NAMES, np.array(ids), fingerprint="", split=np.array(split))


def _rotate(image: Pixels, degrees: float) -> Pixels:
    middle = ((SIZE - 1) / 2, (SIZE - 1) / 2)
    matrix = cv2.getRotationMatrix2D(middle, degrees, 1.0)
    return np.asarray(cv2.warpAffine(image, matrix, (SIZE, SIZE)), dtype=np.uint8)


def _check_idx_file(path: Path) -> None:
    """Raises FerError unless the file holds what its header says: the errors of torchvision name no file."""
    magic = MAGIC[path.name.split("-", 1)[1]]
    wanted = (SIZE, SIZE)[: magic % 256 - 1]
    if not path.is_file():
        packed = path.with_name(f"{path.name}.gz")
        way_out = f"unpack {packed.name}" if packed.is_file() else describe_location("mnist")
        raise FerError(f"{path}: there is no such file; MNIST is four unpacked IDX files in MNIST/raw. {way_out}")
    with path.open("rb") as stream:
        head = _parse_header(stream.read(4 * (1 + magic % 256)))
    if len(head) != 1 + magic % 256 or head[0] != magic:
        raise FerError(f"{path}: this is no IDX file of MNIST's {path.name.split('-')[1]}; download it again")
    if head[2:] != wanted:
        raise FerError(f"{path}: images of {'x'.join(map(str, head[2:]))} pixels, MNIST has {SIZE}x{SIZE}")
    promised = 4 * len(head) + math.prod(head[1:])
    if (size := path.stat().st_size) != promised or not head[1]:
        raise FerError(
            f"{path}: {size} bytes, its head promises {promised}; it is cut off or damaged, download it again"
        )


def _parse_header(head: bytes) -> tuple[int, ...]:
    """Big-endian integers of four bytes each; remaining bytes are dropped."""
    numbers: npt.NDArray[np.uint32] = np.frombuffer(head[: len(head) // 4 * 4], dtype=">u4")
    return tuple(int(number) for number in numbers)
