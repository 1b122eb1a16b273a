"""The embedded data set: drawn faces, the same for the same seed, cached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fer_lightning.data.cache import cache_faces, content_hash
from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.synthetic.action_units import ACTION_UNITS, apex
from fer_lightning.data.synthetic.geometry import LANDMARK_NAMES
from fer_lightning.data.synthetic.identity import person
from fer_lightning.data.synthetic.nuisance import nuisance, recording
from fer_lightning.data.synthetic.render import draw
from fer_lightning.errors import FerError

DRAWING = 2  # part of the cache key: increase it when the same parameters draw other faces
NEUTRAL = EXPRESSIONS.index("neutral")
FAINTEST = 0.6  # position of the first frame with the label of its expression, which is hardly visible below


def read(cache_dir: Path, images: int = 7000, subjects: int = 100, size: int = 48, seed: int = 0) -> FaceSet:
    """Grey faces (images, size, size) of `subjects` people with the seven FER2013 classes and contempt.

    Extras: `action_units` (N, 14) intensities 0..1 by `ACTION_UNITS`, the stronger half of the face;
    `action_units_sides` (N, 2, 14), left and right half of the image;
    `landmarks` (N, 68, 2) x, y in pixels by `LANDMARK_NAMES`;
    `sequence_position` (N,) from 0 neutral to 1 apex.

    Raises:
        FerError: fewer than 8 images, 2 subjects or 24 pixels, or more subjects than images.
    """
    if images < 8:
        raise FerError(f"data.faces.images={images}: choose 8 or more, one for each class")
    if not 2 <= subjects <= images:
        raise FerError(f"data.faces.subjects={subjects}: choose 2..{images}, at most one for each of data.faces.images")
    if size < 24:
        raise FerError(f"data.faces.size={size}: choose 24 or more, below nobody reads an expression")
    if seed < 0:
        raise FerError(f"data.faces.seed={seed}: choose 0 or more")
    key = content_hash("synthetic", DRAWING, images, subjects, size, seed)
    return cache_faces(cache_dir, "synthetic", key, lambda: draw_set(images, subjects, size, seed))


def draw_set(images: int, subjects: int, size: int, seed: int) -> FaceSet:
    """Draws the FaceSet of `read`."""
    frames = list(plan(images, subjects))
    people = {s: person(np.random.default_rng((seed, 0, s))) for s in range(subjects)}
    pixels = np.empty((images, size, size), dtype=np.uint8)
    units = np.zeros((images, 2, len(ACTION_UNITS)), dtype=np.float32)
    marks = np.empty((images, len(LANDMARK_NAMES), 2), dtype=np.float32)
    for i, f in enumerate(frames):
        # a generator per recording and image: no image depends on those before it
        of_take = np.random.default_rng((seed, 1, f.subject, f.expression, f.take))
        of_image = np.random.default_rng((seed, 2, f.subject, f.expression, f.take, f.frame))
        shown = apex(EXPRESSIONS[f.expression], of_take) * f.position
        drawing = draw(people[f.subject], shown, nuisance(recording(of_take), of_image), size)
        pixels[i], marks[i], units[i] = drawing.pixels, drawing.landmarks, shown
    who = [f"S{f.subject:03d}" for f in frames]
    return FaceSet(
        pixels=pixels,
        label=np.array([f.label for f in frames], dtype=np.int64),
        class_names=EXPRESSIONS,
        ids=np.array([f"{s}/{EXPRESSIONS[f.label]}/{f.number}" for s, f in zip(who, frames, strict=True)]),
        fingerprint=content_hash("synthetic", DRAWING, images, subjects, size, seed),
        subject=np.array(who),
        sequence=np.array([f"{s}/{EXPRESSIONS[f.expression]}/{f.take}" for s, f in zip(who, frames, strict=True)]),
        frame=np.array([f.frame for f in frames], dtype=np.int64),
        extras={
            "action_units": units.max(axis=1),
            "action_units_sides": units,
            "landmarks": marks,
            "sequence_position": np.array([f.position for f in frames], dtype=np.float32),
        },
    )


class Frame(NamedTuple):
    """One image to draw.

    `expression` is the index of what the sequence rises to; `label` is that or neutral. `position` is 0 at neutral and
    1 at the apex. `number` counts the subject's images of the label.
    """

    subject: int
    expression: int
    take: int
    frame: int
    position: float
    label: int
    number: int


def plan(images: int, subjects: int) -> Iterator[Frame]:
    """Every image of the set, subject by subject.

    Images are dealt to the subjects and each subject's to the eight classes in turn, so counts differ by one at most
    for a subject and by one for a class over the whole set. A subject's images of an expression are cut into takes of
    about eight; each take is a sequence that starts with neutral frames (position 0, labelled neutral), as many as
    the subject's share of neutral images gives it, and rises from `FAINTEST` to the apex.
    """
    first = 0
    for subject in range(subjects):
        share = images // subjects + (subject < images % subjects)
        # dealing goes on where the last subject's ended: that balances the classes of the whole set
        counts = np.bincount((first + np.arange(share)) % len(EXPRESSIONS), minlength=len(EXPRESSIONS))
        first += share
        yield from _subject(subject, counts.tolist())


def _subject(subject: int, counts: list[int]) -> Iterator[Frame]:
    shown = [e for e in range(len(EXPRESSIONS)) if e != NEUTRAL and counts[e] > 0]
    takes = [(e, take) for take in range(max(1, counts[NEUTRAL] // 7)) for e in shown if take < counts[e]]
    if not takes:
        takes = [(NEUTRAL, 0)]
    quiet, moving = [0] * len(takes), [0] * len(takes)
    for i in range(counts[NEUTRAL]):
        quiet[i % len(takes)] += 1
    for e in shown:
        own = [i for i, (expression, _) in enumerate(takes) if expression == e]
        for i in range(counts[e]):
            moving[own[i % len(own)]] += 1
    numbers = [0] * len(EXPRESSIONS)
    for (e, take), still, rising in zip(takes, quiet, moving, strict=True):
        positions = (
            [0.0] * still + np.linspace(FAINTEST, 1.0, rising).tolist()
            if rising > 1
            else [0.0] * still + [1.0] * rising
        )
        for i, position in enumerate(positions):
            label = e if position > 0 else NEUTRAL
            # frame 0 is neutral, so a sequence without a neutral image starts at 1
            yield Frame(subject, e, take, i + (still == 0), position, label, numbers[label])
            numbers[label] += 1
