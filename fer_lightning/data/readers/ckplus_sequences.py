"""Reads CK+ as its authors publish it: sequences from neutral to peak, with labels in folders of their own."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.readers.ckplus_labels import emotion, facs, landmarks
from fer_lightning.data.readers.ckplus_names import Shot, place, shots
from fer_lightning.data.readers.frames import choose_frames
from fer_lightning.data.readers.photographs import Table
from fer_lightning.errors import FerError

log = logging.getLogger(__name__)

IMAGES, EMOTION, FACS, LANDMARKS = "cohn-kanade-images", "Emotion", "FACS", "Landmarks"


def sequences_table(images: Path, root: Path, how: str) -> Table:
    """The chosen frames of every labelled sequence.

    Args:
        images: the folder cohn-kanade-images.
        root: where the folders Emotion, FACS and Landmarks are, or the folders into which they were unpacked.
        how: which frames, as `choose_frames` calls them.

    Raises:
        FerError: no labels, or a malformed file (with its line).
    """
    folder = place(root, EMOTION)
    if folder is None:
        raise FerError(
            f"{root}: {IMAGES} is here, and no folder {EMOTION} with its labels; unpack CK+'s Emotion_labels.zip here"
        )
    found = _in_their_folders(shots(images))
    firsts = {shot.sequence: shot for shot in reversed(found)}
    labels = {name: label for name, shot in firsts.items() if (label := emotion(folder, shot)) is not None}
    log.info("CK+: %d of %d sequences have no label and are left out", len(firsts) - len(labels), len(firsts))
    kept = [shot for shot in found if shot.sequence in labels]
    if not kept:
        raise FerError(f"{folder}: no label for any sequence of {images}; it holds S005/001/*_emotion.txt and so on")
    taken, neutral = choose_frames([shot.sequence for shot in kept], [shot.number for shot in kept], how)
    chosen = [kept[row] for row in taken]
    quiet = np.isin(taken, neutral).tolist()
    positions = _positions(kept)
    return Table(
        paths=[shot.path for shot in chosen],
        labels=["neutral" if still else labels[shot.sequence] for shot, still in zip(chosen, quiet, strict=True)],
        class_names=EXPRESSIONS,
        subjects=[shot.subject for shot in chosen],
        sequences=[shot.sequence for shot in chosen],
        frames=[positions[row] for row in taken],
        extras=_extras(root, chosen, quiet),
    )


def _in_their_folders(found: list[Shot]) -> list[Shot]:
    for shot in found:
        if not shot.path.parent.as_posix().endswith(f"/{shot.sequence}"):
            raise FerError(f"{shot.path}: this image belongs into the folder {shot.sequence}/; move it there")
    return found


def _positions(kept: Sequence[Shot]) -> list[int]:
    """Each frame's position in its sequence, from 0: the numbers in the names of some sequences start elsewhere."""
    seen: Counter[str] = Counter()
    positions = []
    for shot in kept:  # sorted by path, and so by number
        positions.append(seen[shot.sequence])
        seen[shot.sequence] += 1
    return positions


def _extras(root: Path, chosen: Sequence[Shot], quiet: Sequence[bool]) -> Mapping[str, npt.NDArray[Any]]:
    extras: dict[str, npt.NDArray[Any]] = {}
    coded = place(root, FACS)
    if coded is not None:
        units = {shot.sequence: facs(coded, shot) for shot in chosen}
        extras["facs"] = np.array(
            ["" if still else units[shot.sequence] for shot, still in zip(chosen, quiet, strict=True)]
        )
    tracked = place(root, LANDMARKS)
    if tracked is not None:
        points = [landmarks(tracked, shot) for shot in chosen]
        there = [mark for mark in points if mark is not None]
        if len(there) == len(points):
            extras["landmarks"] = np.stack(there)
        else:
            log.info("CK+: %d of %d images lack landmarks: none are used", len(points) - len(there), len(points))
    return extras
