"""Writes drawn faces in the on-disk layouts of data sets that are folders of images."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from fer_lightning.data.faces import FaceSet
from fer_lightning.errors import FerError, choices

# How each data set writes the classes. Not the presets' own words: a wrong order there would agree with itself
SEVEN = ("angry", "disgust", "fear", "happy", "neutral", "sad", "surprise")
WORDS = {
    "rafdb": dict(zip(("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral"), "1234567", strict=True)),
    "affectnet": dict(
        zip(("neutral", "happy", "sad", "surprise", "fear", "disgust", "angry", "contempt"), "01234567", strict=True)
    ),
    "kdef": dict(zip(SEVEN, ("AN", "DI", "AF", "HA", "NE", "SA", "SU"), strict=True)),
    "sfew": {name: name.capitalize() for name in SEVEN},
    "ferg": dict(zip(SEVEN, ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise"), strict=True)),
    "mmi": {name: name for name in SEVEN if name != "neutral"},
    "oulu_casia": {
        "angry": "Anger",
        "disgust": "Disgust",
        "fear": "Fear",
        "happy": "Happiness",
        "sad": "Sadness",
        "surprise": "Surprise",
    },
}
CHARACTERS = ("aia", "bonnie", "jules", "malcolm", "mery", "ray")
POSES = ("FL", "HL", "S", "HR", "FR")


class Placed(NamedTuple):
    """A face by its row, and its file below the data set's folder."""

    row: int
    path: str


def write_folders(faces: FaceSet, folder: Path, layout: str) -> Path:
    """Writes the faces, as far as the data set has their class, and what its readers pass over.

    Args:
        faces: drawn faces, with subjects and sequences.
        folder: made when missing.
        layout: `splits` for <split>/<class>/<file>, eight in ten in train, one each in val and test; `classes` for
            <class>/<file>; `manifest` for a manifest.csv with every column that drawn faces fill; or a preset:
            rafdb affectnet kdef sfew ferg mmi oulu_casia.

    Returns:
        The folder.

    Raises:
        FerError: an unknown layout, or more faces than its names tell apart.
    """
    if layout not in LAYOUTS:
        raise FerError(f"layout={layout}: choose among {choices(LAYOUTS, layout)}")
    placed = list(LAYOUTS[layout](faces))
    if len({path for _, path in placed}) < len(placed):
        raise FerError(f"layout={layout}: its file names tell fewer faces apart than these {len(faces)}; draw fewer")
    for row, path in [*placed, *((placed[0].row, path) for path in PASSED_OVER.get(layout, ()))]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / path), np.asarray(faces.pixels[row]))
    if layout == "manifest":
        _write_manifest(faces, placed, folder / "manifest.csv")
    return folder


def _name(faces: FaceSet, row: int) -> str:
    return faces.class_names[int(faces.label[row])]


def _dealt(faces: FaceSet, sides: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each row with its side, one of `sides`, which come round ten by ten in every class."""
    rows = sorted(range(len(faces)), key=lambda row: int(faces.label[row]))
    for place, row in enumerate(rows):
        yield row, sides[place % 10]


def _splits(faces: FaceSet) -> Iterator[Placed]:
    for row, side in _dealt(faces, ["train"] * 8 + ["val", "test"]):
        yield Placed(row, f"{side}/{_name(faces, row)}/{row:05d}.png")


def _classes(faces: FaceSet) -> Iterator[Placed]:
    for row in range(len(faces)):
        yield Placed(row, f"{_name(faces, row)}/{row:05d}.png")


def _manifest(faces: FaceSet) -> Iterator[Placed]:
    for row in range(len(faces)):
        yield Placed(row, f"images/{row:05d}.png")


def _two_sides(layout: str, sides: tuple[str, str]) -> Callable[[FaceSet], Iterator[Placed]]:
    def place(faces: FaceSet) -> Iterator[Placed]:
        for row, side in _dealt(faces, [sides[0]] * 8 + [sides[1]] * 2):
            if word := WORDS[layout].get(_name(faces, row)):
                yield Placed(row, f"{side}/{word}/{row:05d}.png")

    return place


def _kdef(faces: FaceSet) -> Iterator[Placed]:
    taken: dict[str, int] = {}
    for row, person in _people(faces):
        if word := WORDS["kdef"].get(_name(faces, row)):
            who = f"{'FM'[person % 2]}{person // 2 + 1:02d}"
            number = taken.setdefault(who + word, 0)
            taken[who + word] += 1
            session = "AB"[number // len(POSES) % 2]
            name = f"{session}{who}{word}{POSES[number % len(POSES)]}.JPG"
            yield Placed(row, f"KDEF_and_AKDEF/KDEF/{session}{who}/{name}")


def _ferg(faces: FaceSet) -> Iterator[Placed]:
    for row, person in _people(faces):
        if word := WORDS["ferg"].get(_name(faces, row)):
            who = CHARACTERS[person % len(CHARACTERS)]
            yield Placed(row, f"{who}/{who}_{word}/{who}_{word}_{row}.png")


def _mmi(faces: FaceSet) -> Iterator[Placed]:
    for row, person, shown, take, frame in _recordings(faces):
        if word := WORDS["mmi"].get(shown):
            yield Placed(row, f"S{person + 1:03d}/{word}/{take:04d}/{frame:04d}.png")


def _oulu_casia(faces: FaceSet) -> Iterator[Placed]:
    for row, person, shown, take, frame in _recordings(faces):
        word = WORDS["oulu_casia"].get(shown)
        if word and take == 0:  # one recording of a person and an expression
            yield Placed(row, f"OriginalImg/VL/Strong/P{person + 1:03d}/{word}/{frame:03d}.jpeg")


def _people(faces: FaceSet) -> Iterator[tuple[int, int]]:
    """Each row, and the number of its person from 0."""
    assert faces.subject is not None
    yield from enumerate(np.unique(faces.subject, return_inverse=True)[1].tolist())


def _recordings(faces: FaceSet) -> Iterator[tuple[int, int, str, int, int]]:
    """Each row with its person, what its sequence shows, the take among the person's of that, and its frame."""
    assert faces.sequence is not None
    assert faces.frame is not None
    person = dict(_people(faces))
    takes: dict[tuple[int, str], int] = {}
    for name in np.unique(faces.sequence):
        rows = np.flatnonzero(faces.sequence == name)
        rows = rows[np.argsort(faces.frame[rows])].tolist()
        who, shown = person[rows[0]], _name(faces, rows[-1])
        take = takes.setdefault((who, shown), 0)
        takes[who, shown] += 1
        for frame, row in enumerate(rows):
            yield row, who, shown, take, frame


def _write_manifest(faces: FaceSet, placed: Sequence[Placed], path: Path) -> None:
    assert faces.subject is not None
    assert faces.sequence is not None
    assert faces.frame is not None
    sides = dict(_dealt(faces, ["train"] * 8 + ["val", "test"]))
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["path", "label", "subject", "sequence", "frame", "split"])
        for row, name in placed:
            known = [faces.subject[row], faces.sequence[row], faces.frame[row]]
            writer.writerow([name, _name(faces, row), *known, sides[row]])


LAYOUTS: dict[str, Callable[[FaceSet], Iterator[Placed]]] = {
    "splits": _splits,
    "classes": _classes,
    "manifest": _manifest,
    "rafdb": _two_sides("rafdb", ("DATASET/train", "DATASET/test")),
    "affectnet": _two_sides("affectnet", ("train", "val")),
    "sfew": _two_sides("sfew", ("Train", "Val")),
    "kdef": _kdef,
    "ferg": _ferg,
    "mmi": _mmi,
    "oulu_casia": _oulu_casia,
}
PASSED_OVER = {
    "kdef": ("KDEF_and_AKDEF/AKDEF/FAFFL.JPG", "KDEF_and_AKDEF/KDEF/AF31/AF31V.JPG"),
    "sfew": ("Test/unlabelled.png",),
    "oulu_casia": ("OriginalImg/NI/Dark/P001/Anger/000.jpeg", "OriginalImg/VL/Weak/P001/Anger/000.jpeg"),
}
