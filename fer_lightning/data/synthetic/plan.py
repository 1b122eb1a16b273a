"""Which images a drawn data set holds: subjects, sequences from neutral to apex, and their labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from fer_lightning.data.expressions import EXPRESSIONS

NEUTRAL = EXPRESSIONS.index("neutral")
FAINTEST = 0.6  # position of the first frame that bears its expression's label: below, a person sees little


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
