"""Writes printed digits in the on-disk layout of MNIST."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

SIZE = 28
LOOSENESS = 2  # pixels by which a digit may stand off the middle


def write_mnist(folder: Path, train: int, test: int, seed: int = 0) -> Path:
    """Writes the four IDX files with as many digits, 0 to 9 in turn, each of its own size and place.

    Args:
        folder: torchvision's root; the files lie in MNIST/raw below it.
        train: images in train-*.
        test: images in t10k-*.
        seed: of sizes and places.

    Returns:
        The folder.
    """
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    random = np.random.RandomState(seed)
    for start, count in (("train", train), ("t10k", test)):
        digits = np.arange(count) % 10
        images = np.stack([_drawn(str(digit), random) for digit in digits])
        _write(raw / f"{start}-images-idx3-ubyte", images)
        _write(raw / f"{start}-labels-idx1-ubyte", digits.astype(np.uint8))
    return folder


def _drawn(digit: str, random: np.random.RandomState) -> npt.NDArray[np.uint8]:
    image = np.zeros((SIZE, SIZE), dtype=np.uint8)
    scale = random.uniform(0.6, 0.75)
    (width, height), _ = cv2.getTextSize(digit, cv2.FONT_HERSHEY_SIMPLEX, scale, 2)
    right, down = random.randint(-LOOSENESS, LOOSENESS + 1, 2).tolist()
    corner = ((SIZE - width) // 2 + right, (SIZE + height) // 2 + down)
    cv2.putText(image, digit, corner, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 2, cv2.LINE_AA)
    return image


def _write(path: Path, values: npt.NDArray[np.uint8]) -> None:
    """IDX: two zero bytes, the type of unsigned bytes, the number of dimensions, each as four big-endian bytes."""
    head = np.array([0x0800 + values.ndim, *values.shape], dtype=">u4")
    path.write_bytes(head.tobytes() + values.tobytes())
