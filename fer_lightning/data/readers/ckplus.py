"""Reads CK+ in every layout in which it is distributed."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fer_lightning.data.cache import cache_faces, content_hash
from fer_lightning.data.expressions import EXPRESSIONS, expression, relabel
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.readers.archives import open_text
from fer_lightning.data.readers.checks import (
    WHOLE,
    check_not_file,
    describe_location,
    name_counts,
    warn_unless_official,
)
from fer_lightning.data.readers.frames import LAST, choose_frames
from fer_lightning.data.readers.image_files import ImageTable, build_face_set, find_below, parse_image_names
from fer_lightning.data.readers.text_tables import parse_whole_number, read_number_lines, read_pixel_rows
from fer_lightning.errors import FerError, choices

log = logging.getLogger(__name__)

CLASS_NAMES = EXPRESSIONS
FRAMES = ("apex", "last3", "first_and_last3")
# Lucey et al. 2010: labelled sequences of each class, in the order of CLASS_NAMES; no sequence is labelled neutral
OFFICIAL_SEQUENCES = (45, 59, 25, 69, 28, 83, 0, 18)
# ckextended.csv, as its Kaggle page counts it: each labelled peak, and the first frame of all 593 sequences
OFFICIAL_TABLE = (45, 59, 25, 69, 28, 83, 593, 18)
IMAGES, EMOTION, FACS, LANDMARKS = "cohn-kanade-images", "Emotion", "FACS", "Landmarks"
# in the order of CK+'s numbers: its ReadMe, phase 1, 2010
EMOTIONS = ("neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise")
NUM_LANDMARKS = 68
MAX_ACTION_UNIT = 99  # FACS numbers action units and descriptors with two digits
MAX_INTENSITY = 5  # E in FACS; 0 stands for an action unit whose intensity was not coded
MAX_COORDINATE = 10_000  # pixels; no photograph of CK+ is a tenth as wide
CROPS = "CK+48"
TABLE = "ckextended.csv"
TABLES = tuple(f"{TABLE}{ending}" for ending in ("", ".xz", ".gz", ".zip"))
SIZE = 48
# in the order of the table's numbers, as its Kaggle page lists them; the counts there identify the classes
NUMBERED = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
USAGES = ("Training", "PublicTest", "PrivateTest")
PATTERN = re.compile(r"(S[0-9]{3})_([0-9]{3})_([0-9]{8})")
EXAMPLE = "S005_001_00000011.png"


def read(dir: str | Path, cache_dir: Path, frames: str = "last3") -> FaceSet:
    """Reads CK+'s labelled faces: photographs of 640x490 or 640x480 pixels, or crops of 48x48.

    Source: Lucey et al. 2010, "The Extended Cohn-Kanade dataset". A label is that of the sequence's apex; only labelled
    sequences are read. The first of these layouts that exists is read, also inside the folders that archives unpack to:

    - `cohn-kanade-images/` with `Emotion/`, and `FACS/` and `Landmarks/` if there. Frames count from 0, the neutral
      face. Extras: `landmarks` (N, 68, 2) float32 x, y in pixels, if every image has them; `facs` (N,) the action units
      at the sequence's apex as "1:3 2:2 25:0" (number:intensity 1..5, 0 if it was not coded), "" for neutral images.
    - `CK+48/<expression>/`: the last three frames as crops.
    - `ckextended.csv`: crops without subject or sequence; its Usage is the split column.

    Args:
        dir: folder of the data set.
        cache_dir: folder of the cache.
        frames: `apex` the last frame of a sequence, `last3` the last three, `first_and_last3` those and the first as
            neutral.

    Raises:
        FerError: no layout found, frames that the layout does not have, or a malformed file (with its line).
    """
    if frames not in FRAMES:
        raise FerError(f"data.frames={frames}: a label of CK+ is of the peak; choose among {choices(FRAMES, frames)}")
    root = Path(dir)
    check_not_file(root)
    name, path = _find_layout(root)
    if path is None:
        raise FerError(
            f"{root}: no CK+ here. Put one of these in: the folders {IMAGES}/ and Emotion/ (with FACS/ and Landmarks/ "
            f"if you have them), {CROPS}/<expression>/*.png, or {', '.join(TABLES)}. Its authors at the University of "
            f"Pittsburgh give CK+ to those who sign their agreement (jeffcohn.net/Resources). "
            f"{describe_location('ckplus')}"
        )
    if name in TABLES:
        faces = read_table(path, frames, cache_dir)
    else:
        table = read_crops(path, frames) if name == CROPS else read_sequences(path, root, frames)
        faces = build_face_set("ckplus", table, root, cache_dir)
    warn_unless_official(faces, _official_numbers(faces))
    return faces


def find_classes(dir: str | Path, frames: str) -> tuple[str, ...]:
    """The classes of the layout in `dir`, without reading its files; all eight if there is none."""
    name, path = _find_layout(Path(dir))
    if path is None or name in TABLES or (name == IMAGES and frames == "first_and_last3"):
        return CLASS_NAMES
    return tuple(known for known in CLASS_NAMES if known != "neutral")


def official_counts(faces: FaceSet) -> dict[str, dict[str, int]]:
    """`all` -> class -> published images, for the layout and the frames from which `read` made these faces."""
    return name_counts(faces.class_names, _official_numbers(faces))


def _find_layout(root: Path) -> tuple[str, Path | None]:
    """The name and the path of the first layout that exists; None without one."""
    if root.is_dir():
        for name in (IMAGES, CROPS, *TABLES):
            found = root if root.name == name == CROPS else find_below(root, name)
            if found is not None and (found.is_file() if name in TABLES else found.is_dir()):
                return name, found
    return "", None


def _official_numbers(faces: FaceSet) -> Mapping[str, tuple[int, ...]]:
    if faces.sequence is None:
        return {WHOLE: OFFICIAL_TABLE}
    neutral = CLASS_NAMES.index("neutral")
    shown = faces.sequence[faces.label != neutral]
    each = 1 if len(np.unique(shown)) == len(shown) else LAST
    numbers = [each * number for number in OFFICIAL_SEQUENCES]
    if (faces.label == neutral).any():
        numbers[neutral] = sum(OFFICIAL_SEQUENCES)
    return {WHOLE: tuple(numbers)}


def read_sequences(images: Path, root: Path, how: str) -> ImageTable:
    """Reads the selected frames of every labelled sequence, as CK+'s authors distribute them.

    Args:
        images: the folder cohn-kanade-images.
        root: folder that holds Emotion, FACS and Landmarks, or the folders that they were unpacked to.
        how: selection of frames, as in `choose_frames`.

    Raises:
        FerError: no labels, or a malformed file (with its line).
    """
    folder = find_below(root, EMOTION)
    if folder is None:
        raise FerError(
            f"{root}: {IMAGES} is here, and no folder {EMOTION} with its labels; unpack CK+'s Emotion_labels.zip here"
        )
    found = list_frames(images)
    for shot in found:
        if not shot.path.parent.as_posix().endswith(f"/{shot.sequence}"):
            raise FerError(f"{shot.path}: this image belongs into the folder {shot.sequence}/; move it there")
    firsts = {shot.sequence: shot for shot in reversed(found)}
    labels = {name: label for name, shot in firsts.items() if (label := read_emotion(folder, shot)) is not None}
    log.info("CK+: %d of %d sequences have no label and are left out", len(firsts) - len(labels), len(firsts))
    kept = [shot for shot in found if shot.sequence in labels]
    if not kept:
        raise FerError(f"{folder}: no label for any sequence of {images}; it holds S005/001/*_emotion.txt and so on")
    taken, neutral = choose_frames([shot.sequence for shot in kept], [shot.number for shot in kept], how)
    chosen = [kept[row] for row in taken]
    quiet = np.isin(taken, neutral).tolist()
    positions = _frame_positions(kept)
    return ImageTable(
        paths=[shot.path for shot in chosen],
        labels=["neutral" if still else labels[shot.sequence] for shot, still in zip(chosen, quiet, strict=True)],
        class_names=EXPRESSIONS,
        subjects=[shot.subject for shot in chosen],
        sequences=[shot.sequence for shot in chosen],
        frames=[positions[row] for row in taken],
        extras=_read_extras(root, chosen, quiet),
    )


def _frame_positions(kept: Sequence[SequenceFrame]) -> list[int]:
    """Position of each frame in its sequence, from 0; in some sequences the numbers in the names start elsewhere."""
    seen: Counter[str] = Counter()
    positions = []
    for shot in kept:  # sorted by path, and so by number
        positions.append(seen[shot.sequence])
        seen[shot.sequence] += 1
    return positions


def _read_extras(root: Path, chosen: Sequence[SequenceFrame], quiet: Sequence[bool]) -> Mapping[str, npt.NDArray[Any]]:
    extras: dict[str, npt.NDArray[Any]] = {}
    coded = find_below(root, FACS)
    if coded is not None:
        units = {shot.sequence: read_facs(coded, shot) for shot in chosen}
        extras["facs"] = np.array(
            ["" if still else units[shot.sequence] for shot, still in zip(chosen, quiet, strict=True)]
        )
    tracked = find_below(root, LANDMARKS)
    if tracked is not None:
        points = [read_landmarks(tracked, shot) for shot in chosen]
        there = [mark for mark in points if mark is not None]
        if len(there) == len(points):
            extras["landmarks"] = np.stack(there)
        else:
            log.info("CK+: %d of %d images lack landmarks: none are used", len(points) - len(there), len(points))
    return extras


def read_emotion(folder: Path, shot: SequenceFrame) -> str | None:
    """Reads the expression at the apex of the frame's sequence; None if the sequence has no file.

    Raises:
        FerError: the file holds anything else than one number from 0 to 7.
    """
    path = _find_sequence_file(folder, shot, "emotion")
    if path is None:
        return None
    (line,) = read_number_lines(path, columns=1, rows=1)
    return EMOTIONS[parse_whole_number(line.values[0], 0, len(EMOTIONS) - 1, "the emotion", line.where)]


def read_facs(folder: Path, shot: SequenceFrame) -> str:
    """Reads the action units at the apex of the sequence, as `number:intensity` separated by spaces; "" without a file.

    Intensities A to E of FACS are 1 to 5; 0 stands for an action unit whose intensity was not coded.

    Raises:
        FerError: a line is not an action unit and its intensity, or an action unit occurs twice.
    """
    path = _find_sequence_file(folder, shot, "facs")
    if path is None:
        return ""
    units: dict[int, int] = {}
    for where, (unit, intensity) in read_number_lines(path, columns=2):
        number = parse_whole_number(unit, 1, MAX_ACTION_UNIT, "the action unit", where)
        if number in units:
            raise FerError(f"{where}: action unit {number} occurs twice")
        units[number] = parse_whole_number(intensity, 0, MAX_INTENSITY, "the intensity", where)
    return " ".join(f"{number}:{intensity}" for number, intensity in units.items())


def read_landmarks(folder: Path, shot: SequenceFrame) -> npt.NDArray[np.float32] | None:
    """Reads the landmarks (68, 2) of a frame, x and y in pixels; None if it has no file.

    Raises:
        FerError: the file holds anything else than 68 lines of two numbers.
    """
    path = folder / shot.sequence / f"{shot.path.stem}_landmarks.txt"
    if not path.exists():
        return None
    lines = read_number_lines(path, columns=2, rows=NUM_LANDMARKS)
    for where, values in lines:
        if max(map(abs, values)) > MAX_COORDINATE:
            raise FerError(f"{where}: the point {values[0]:g}, {values[1]:g} lies outside every image")
    return np.array([line.values for line in lines], dtype=np.float32)


def _find_sequence_file(folder: Path, shot: SequenceFrame, kind: str) -> Path | None:
    """The annotation file of a sequence, named after the sequence and its apex."""
    start = f"{shot.sequence.replace('/', '_')}_"
    found = sorted(path for path in (folder / shot.sequence).glob(f"*_{kind}.txt") if not path.name.startswith("."))
    if not found:
        return None
    if len(found) > 1:
        raise FerError(f"{found[1]}: a second file beside {found[0].name}; a sequence has one")
    if not found[0].name.startswith(start):
        raise FerError(f"{found[0]}: this is the file of another sequence; here its name begins with {start}")
    return found[0]


def read_crops(folder: Path, how: str) -> ImageTable:
    """Reads the selected frames of CK+48, which holds the last three of each labelled sequence.

    Raises:
        FerError: first frames are requested, a folder's name is not an expression, or a sequence is in two folders.
    """
    if how == "first_and_last3":
        raise FerError(
            f"data.frames={how}: {folder} holds no first frames; choose data.frames=last3 or apex, "
            "or get CK+'s full sequences from its authors"
        )
    found = list_frames(folder)
    labels: dict[str, str] = {}
    for shot in found:
        label = _folder_label(shot.path, folder)
        if labels.setdefault(shot.sequence, label) != label:
            raise FerError(f"{shot.path}: its sequence is also under '{labels[shot.sequence]}'; keep one of them")
    taken, _ = choose_frames([shot.sequence for shot in found], [shot.number for shot in found], how)
    chosen = [found[row] for row in taken]
    return ImageTable(
        paths=[shot.path for shot in chosen],
        labels=[labels[shot.sequence] for shot in chosen],
        class_names=EXPRESSIONS,
        subjects=[shot.subject for shot in chosen],
        sequences=[shot.sequence for shot in chosen],
        frames=[shot.number - 1 for shot in chosen],  # names count from 1
    )


def _folder_label(path: Path, folder: Path) -> str:
    try:
        label = expression(path.relative_to(folder).parts[0])
    except FerError as fault:
        raise FerError(f"{path}: it is in no folder of an expression: {fault}") from fault
    if label == "neutral":
        raise FerError(f"{path.parent}: {CROPS} has no neutral images; move this folder away")
    return label


def read_table(path: Path, how: str, cache_dir: Path) -> FaceSet:
    """Reads the rows of ckextended.csv in its order; it has neither subjects nor sequences.

    Raises:
        FerError: other frames than the default are requested, or a row is malformed (with its line).
    """
    if how != "last3":
        raise FerError(
            f"data.frames={how}: {path} holds single images and no sequences; leave data.frames=last3, "
            "or get CK+'s full sequences from its authors"
        )
    return cache_faces(cache_dir, "ckplus", content_hash("ckplus table", files=[path]), lambda: _parse_table(path))


def _parse_table(path: Path) -> FaceSet:
    with open_text(path, TABLE) as lines:
        rows = read_pixel_rows(lines, str(path), SIZE, len(NUMBERED), USAGES)
    ids = np.array([f"{row:03d}" for row in range(len(rows.pixels))])
    labels = relabel(rows.labels, NUMBERED, EXPRESSIONS)
    return FaceSet(rows.pixels, labels, EXPRESSIONS, ids, fingerprint="", split=rows.usage)


class SequenceFrame(NamedTuple):
    """One frame of a sequence."""

    path: Path
    subject: str
    sequence: str
    number: int


def list_frames(folder: Path) -> list[SequenceFrame]:
    """Lists every frame below `folder`, sorted by path.

    Raises:
        FerError: there is no image, one whose name is not of CK+'s form, or one that occurs twice.
    """
    found = [
        SequenceFrame(path, subject, f"{subject}/{take}", int(number))
        for path, (subject, take, number) in parse_image_names(folder, PATTERN, EXAMPLE)
    ]
    if not found:
        raise FerError(f"{folder}: no image called like {EXAMPLE} in it or in the folders below")
    return found
