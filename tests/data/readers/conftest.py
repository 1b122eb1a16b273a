"""Small FER2013 tables, written by hand."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fer_lightning.data.readers import fer2013
from fer_lightning.errors import FerError


@pytest.fixture(autouse=True)
def hushed():
    """Nobody reads here that a table of four rows has other counts than 35,887 images."""
    logging.getLogger("fer_lightning.data.readers.checks").setLevel(logging.ERROR)
    yield
    logging.getLogger("fer_lightning.data.readers.checks").setLevel(logging.NOTSET)


@pytest.fixture(scope="session")
def pixels():
    """(4, 48, 48) random pixels, the extremes among them."""
    pixels = np.random.default_rng(1).integers(0, 256, (4, 48, 48), dtype=np.uint8)
    pixels[0, 0, :2] = 0, 255
    return pixels


@pytest.fixture(scope="session")
def cells(pixels):
    """Four rows of (emotion, pixels, Usage), all right."""
    strings = [" ".join(map(str, image.ravel().tolist())) for image in pixels]
    usages = ["Training", "PrivateTest", "Training", "PublicTest"]
    return [list(row) for row in zip("3061", strings, usages, strict=True)]


@pytest.fixture(scope="session")
def table(cells):
    """The same as the text of a fer2013.csv."""
    return "\n".join(["emotion,pixels,Usage", *(",".join(row) for row in cells)]) + "\n"


@pytest.fixture
def folder(tmp_path) -> Path:
    """Where FER2013's files are; the cache is beside it."""
    (tmp_path / "fer2013").mkdir()
    return tmp_path / "fer2013"


@pytest.fixture
def refused() -> Callable[[Path], str]:
    """A function that gives the one message with which a folder is refused; nothing may stay in the cache."""

    def refuse(folder: Path) -> str:
        cache = folder.parent / "cache-of-the-refused"
        with pytest.raises(FerError) as caught:
            fer2013.read(folder, cache)
        assert not cache.exists() or [path for path in cache.iterdir() if path.suffix != ".lock"] == []
        message = str(caught.value)
        assert len(message.replace(str(folder), "")) < 700
        return message

    return refuse
