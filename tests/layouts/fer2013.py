"""Writes drawn faces in the on-disk layouts of FER2013."""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from fer_lightning.data.faces import FaceSet
from fer_lightning.errors import FerError, choices

# FER2013 numbers its classes so. Not the reader's own list: a wrong order there would agree with itself in the tests
FER2013_CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
USAGES = ("Training", "PublicTest", "PrivateTest")


def write_fer2013(faces: FaceSet, folder: Path, layout: str) -> Path:
    """Writes the faces of FER2013's classes, eight in ten as Training, one each as PublicTest and PrivateTest.

    Args:
        faces: 48x48 grey faces.
        folder: made when missing.
        layout: a table's file name (`fer2013.csv`, `icml_face_data.csv`, each also with .xz .gz .zip,
            `fer2013.tar.gz`), or `folders` for train/<class>/ and test/<class>/.

    Returns:
        The table, or the folder.
    """
    kept = [row for row in range(len(faces)) if faces.class_names[faces.label[row]] in FER2013_CLASSES]
    # every class comes round in every split, whatever the order of the faces
    kept.sort(key=lambda row: int(faces.label[row]))
    usage = [USAGES[max(0, place % 10 - 7)] for place in range(len(kept))]
    folder.mkdir(parents=True, exist_ok=True)
    if layout == "folders":
        return _write_folders(faces, kept, usage, folder)
    if layout not in TABLES:
        raise FerError(f"layout={layout}: choose among {choices(['folders', *TABLES], layout)}")
    inner, pack = TABLES[layout]
    pack(folder / layout, inner, _table(faces, kept, usage, inner))
    return folder / layout


def _table(faces: FaceSet, rows: list[int], usage: list[str], name: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    odd = name.startswith("icml")  # the contest's second file has spaces in its header, and another order
    writer.writerow(["emotion", " Usage", " pixels"] if odd else ["emotion", "pixels", "Usage"])
    for row, split in zip(rows, usage, strict=True):
        number = FER2013_CLASSES.index(faces.class_names[faces.label[row]])
        pixels = " ".join(map(str, np.asarray(faces.pixels[row]).ravel().tolist()))
        writer.writerow([number, split, pixels] if odd else [number, pixels, split])
    return text.getvalue().encode()


def _write_folders(faces: FaceSet, rows: list[int], usage: list[str], folder: Path) -> Path:
    for row, split in zip(rows, usage, strict=True):
        name = faces.class_names[faces.label[row]]
        place = folder / ("train" if split == "Training" else "test") / name
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f"{split}_{row:05d}.png"), np.asarray(faces.pixels[row]))
    return folder


def _tar(path: Path, name: str, content: bytes) -> None:
    with tarfile.TarFile.open(path, "w:gz") as archive:
        member = tarfile.TarInfo(f"fer2013/{name}")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))


def _zip(path: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)


def _plain(path: Path, name: str, content: bytes) -> None:
    path.write_bytes(content)


def _gz(path: Path, name: str, content: bytes) -> None:
    path.write_bytes(gzip.compress(content))


def _xz(path: Path, name: str, content: bytes) -> None:
    path.write_bytes(lzma.compress(content, preset=0))


Packer = Callable[[Path, str, bytes], None]
PACKERS: dict[str, Packer] = {"": _plain, ".xz": _xz, ".gz": _gz, ".zip": _zip}
# file name -> the table inside it, and how it is packed
TABLES: dict[str, tuple[str, Packer]] = {
    **{
        inner + ending: (inner, pack)
        for inner in ("fer2013.csv", "icml_face_data.csv")
        for ending, pack in PACKERS.items()
    },
    "fer2013.tar.gz": ("fer2013.csv", _tar),
}
