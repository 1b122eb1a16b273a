"""Reads the text files that come with CK+'s sequences: expression, action units, landmarks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from fer_lightning.data.readers.ckplus_names import Shot
from fer_lightning.data.readers.number_lines import number_lines, whole_number
from fer_lightning.errors import FerError

# CK+'s own numbers: its ReadMe, phase 1, 2010
EMOTIONS = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
POINTS = 68
LAST_UNIT = 99  # FACS numbers its action units and descriptors with two digits
STRONGEST = 5  # FACS's E; 0 says that the unit shows and its strength was not coded
FARTHEST = 10_000  # pixels; no photograph of CK+ is a tenth as wide


def emotion(folder: Path, shot: Shot) -> str | None:
    """The expression at the peak of the sequence to which `shot` belongs; None where the sequence has no file.

    Raises:
        FerError: the file holds something else than one number from 0 to 7.
    """
    path = _of_sequence(folder, shot, "emotion")
    if path is None:
        return None
    (line,) = number_lines(path, columns=1, rows=1)
    return EMOTIONS[whole_number(line.values[0], 0, len(EMOTIONS) - 1, "the emotion", line.where)]


def facs(folder: Path, shot: Shot) -> str:
    """The action units at the peak of the sequence, as `number:intensity` with spaces between; "" without a file.

    Intensities are FACS's A to E as 1 to 5; 0 says that the unit shows and its intensity was not coded.

    Raises:
        FerError: a line is no action unit and its intensity, or a unit stands there twice.
    """
    path = _of_sequence(folder, shot, "facs")
    if path is None:
        return ""
    units: dict[int, int] = {}
    for where, (unit, intensity) in number_lines(path, columns=2):
        number = whole_number(unit, 1, LAST_UNIT, "the action unit", where)
        if number in units:
            raise FerError(f"{where}: action unit {number} stands here a second time")
        units[number] = whole_number(intensity, 0, STRONGEST, "the intensity", where)
    return " ".join(f"{number}:{intensity}" for number, intensity in units.items())


def landmarks(folder: Path, shot: Shot) -> npt.NDArray[np.float32] | None:
    """(68, 2) x, y in pixels of this very frame; None where it has no file.

    Raises:
        FerError: the file holds something else than 68 lines of two numbers.
    """
    path = folder / shot.sequence / f"{shot.path.stem}_landmarks.txt"
    if not path.exists():
        return None
    lines = number_lines(path, columns=2, rows=POINTS)
    for where, values in lines:
        if max(map(abs, values)) > FARTHEST:
            raise FerError(f"{where}: the point {values[0]:g}, {values[1]:g} lies outside every image")
    return np.array([line.values for line in lines], dtype=np.float32)


def _of_sequence(folder: Path, shot: Shot, kind: str) -> Path | None:
    """The one file of a sequence, which is called after the sequence and its peak."""
    start = f"{shot.sequence.replace('/', '_')}_"
    found = sorted(path for path in (folder / shot.sequence).glob(f"*_{kind}.txt") if not path.name.startswith("."))
    if not found:
        return None
    if len(found) > 1:
        raise FerError(f"{found[1]}: a second file beside {found[0].name}; a sequence has one")
    if not found[0].name.startswith(start):
        raise FerError(f"{found[0]}: this is the file of another sequence; here its name begins with {start}")
    return found[0]
