"""Writes drawn sequences in the on-disk layouts of CK+."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from fer_lightning.data.faces import FaceSet, Pixels
from fer_lightning.data.synthetic.action_units import ACTION_UNITS
from fer_lightning.errors import FerError, choices
from tests.layouts.recordings import Recording, recordings
from tests.layouts.scene import in_scene

# CK+ and the table number their classes so. Not the reader's own lists: a wrong order there would agree with itself
CKPLUS_CLASSES = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
CKEXTENDED_CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
CK48_FOLDERS = {"angry": "anger", "sad": "sadness"}  # the others have the vocabulary's names
HEIGHT, WIDTH = 120, 160  # a quarter of CK+'s 640x480
TOP, LEFT = 36, 56  # of the face in it
TINT = (0.7, 0.85, 1.0)  # blue, green, red of the subjects in colour
USAGES = (*["Training"] * 8, "PublicTest", "PrivateTest")


def write_ckplus(faces: FaceSet, folder: Path, layout: str = "official") -> Path:
    """Writes every sequence of the faces; labelled are those that begin neutral, but for every fifth.

    Args:
        faces: 48x48 grey faces of `synthetic.read`. It draws sequences that begin neutral from 56 images a subject on:
            seven sequences of eight frames.
        folder: made when missing.
        layout: `official` (cohn-kanade-images/, Emotion/, FACS/, Landmarks/; every fourth subject in colour), `ck48`
            (CK+48/<expression>/) or `ckextended.csv`.

    Returns:
        The folder, or the table.

    Raises:
        FerError: unknown layout.
    """
    if layout not in LAYOUTS:
        raise FerError(f"layout={layout}: choose among {choices(LAYOUTS, layout)}")
    folder.mkdir(parents=True, exist_ok=True)
    return LAYOUTS[layout](faces, recordings(faces), folder)


def _official(faces: FaceSet, takes: list[Recording], folder: Path) -> Path:
    for take in takes:
        names = [f"{take.subject}_{take.take}_{number:08d}" for number in range(1, len(take.rows) + 1)]
        for row, name in zip(take.rows, names, strict=True):
            photo = in_scene(np.asarray(faces.pixels[row]), HEIGHT, WIDTH, TOP, LEFT)
            coloured = int(take.subject[1:]) % 4 == 3
            _write_image(
                _place(folder, "cohn-kanade-images", take) / f"{name}.png", _tinted(photo) if coloured else photo
            )
            marks = faces.extras["landmarks"][row] + (LEFT, TOP)
            _write_numbers(_place(folder, "Landmarks", take) / f"{name}_landmarks.txt", marks.tolist())
        peak = faces.extras["action_units"][take.rows[-1]]
        units = [(unit, np.ceil(5 * strength)) for unit, strength in zip(ACTION_UNITS, peak, strict=True) if strength]
        _write_numbers(_place(folder, "FACS", take) / f"{names[-1]}_facs.txt", units)
        if take.label is not None:
            number = CKPLUS_CLASSES.index(take.label)
            _write_numbers(_place(folder, "Emotion", take) / f"{names[-1]}_emotion.txt", [(number,)])
    return folder


def _ck48(faces: FaceSet, takes: list[Recording], folder: Path) -> Path:
    for take in takes:
        if take.label is not None:
            place = folder / "CK+48" / CK48_FOLDERS.get(take.label, take.label)
            place.mkdir(parents=True, exist_ok=True)
            for number, row in list(enumerate(take.rows, start=1))[-3:]:
                _write_image(place / f"{take.subject}_{take.take}_{number:08d}.png", np.asarray(faces.pixels[row]))
    return folder


def _ckextended(faces: FaceSet, takes: list[Recording], folder: Path) -> Path:
    peaks = [(take.rows[-1], take.label) for take in takes if take.label is not None]
    firsts = [(take.rows[0], "neutral") for take in takes]
    with (folder / "ckextended.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["emotion", "pixels", "Usage"])
        for place, (row, label) in enumerate(peaks + firsts):
            pixels = " ".join(map(str, np.asarray(faces.pixels[row]).ravel().tolist()))
            writer.writerow([CKEXTENDED_CLASSES.index(label), pixels, USAGES[place % len(USAGES)]])
    return folder / "ckextended.csv"


def _place(folder: Path, kind: str, take: Recording) -> Path:
    place = folder / kind / take.subject / take.take
    place.mkdir(parents=True, exist_ok=True)
    return place


def _tinted(grey: Pixels) -> Pixels:
    tinted: Pixels = np.rint(grey[..., None] * np.array(TINT)).astype(np.uint8)
    return tinted


def _write_image(path: Path, image: Pixels) -> None:
    path.write_bytes(cv2.imencode(".png", image)[1].tobytes())


def _write_numbers(path: Path, lines: Iterable[Iterable[float]]) -> None:
    path.write_text("".join("".join(f"   {value:.7e}" for value in line) + "\n" for line in lines), encoding="ascii")


LAYOUTS: dict[str, Callable[[FaceSet, list[Recording], Path], Path]] = {
    "official": _official,
    "ck48": _ck48,
    "ckextended.csv": _ckextended,
}
