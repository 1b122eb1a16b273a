"""Paints hair, beard, moustache and glasses."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from fer_lightning.data.synthetic.curves import Points, ellipse, spline
from fer_lightning.data.synthetic.geometry import SIDES
from fer_lightning.data.synthetic.paint import Scene

_LONG = ("long", "parted")

# lower edge of the hair on the forehead, from the left temple to the right one
_HAIRLINES = {
    "short": (
        (-0.93, -0.15), (-0.84, -0.5), (-0.62, -0.82), (-0.2, -0.92),
        (0.25, -0.9), (0.64, -0.8), (0.84, -0.5), (0.93, -0.15),
    ),
    "receding": (
        (-0.95, -0.2), (-0.88, -0.55), (-0.72, -1.0), (-0.3, -1.0),
        (0.3, -1.0), (0.72, -1.0), (0.88, -0.55), (0.95, -0.2),
    ),
    "fringe": (
        (-0.95, 0.05), (-0.85, -0.3), (-0.6, -0.52), (-0.2, -0.56),
        (0.2, -0.55), (0.6, -0.5), (0.85, -0.3), (0.95, 0.05),
    ),
    "long": (
        (-0.97, 0.6), (-0.86, -0.1), (-0.62, -0.6), (-0.25, -0.98),
        (0.2, -0.95), (0.62, -0.65), (0.86, -0.1), (0.97, 0.6),
    ),
    "parted": (
        (-0.98, 0.6), (-0.88, -0.05), (-0.7, -0.45), (-0.3, -0.95),
        (0.0, -1.1), (0.45, -0.6), (0.86, -0.1), (0.98, 0.6),
    ),
    "curly": (
        (-0.95, -0.1), (-0.86, -0.45), (-0.66, -0.72), (-0.22, -0.84),
        (0.2, -0.82), (0.66, -0.74), (0.86, -0.45), (0.95, -0.1),
    ),
    "tied": (
        (-0.94, -0.2), (-0.85, -0.55), (-0.62, -0.85), (-0.2, -1.0),
        (0.2, -1.0), (0.62, -0.85), (0.85, -0.55), (0.94, -0.2),
    ),
}  # fmt: skip

_SHEEN = np.rint(np.linspace(32, 0, 29)).astype(int)  # the crown's point above each of the hairline's


@lru_cache(maxsize=4)
def _mane(style: str) -> Points:
    if style == "curly":
        angle = np.linspace(-0.15 * np.pi, 1.15 * np.pi, 53)
        reach = 1 + 0.05 * np.abs(np.sin(angle * 9))
        return np.stack([1.3 * reach * np.cos(angle), -0.5 - 1.15 * reach * np.sin(angle)], axis=1)
    right = [(0.8, -1.4), (1.2, -0.6), (1.3, 0.5), (1.25, 1.6), (0.7, 2.2)]
    return spline([(0, -1.62), *right, *((-x, y) for x, y in right[::-1])], 4, closed=True)


def paint_hair_behind(scene: Scene) -> None:
    """Long or curly hair that stands out behind the head."""
    person = scene.person
    if person.hair_style in _LONG or person.hair_style == "curly":
        scene.canvas.fill([scene.place(_mane(person.hair_style), -0.35)], person.hair * 0.8, soft=0.03)


def paint_hair(scene: Scene) -> None:
    """The cap of hair above the forehead, with strands."""
    canvas, person = scene.canvas, scene.person
    if person.hair_style == "bald":
        canvas.shade([(scene.place(ellipse(0.15, -1.0, 0.4, 0.15), 0.4), 0.12)], soft=0.1)
        return
    edge = np.array(_HAIRLINES[person.hair_style]) * (person.face_width, 1)
    edge[2:6, 1] += person.hairline
    line = spline(edge, 4)
    high = 0.16 if person.hair_style != "tied" else 0.06
    wide = 1.04 + (0.09 if person.hair_style in _LONG else 0.0)
    crown = [(wide, line[0, 1]), (1.03 * wide, -0.5), (0.86, -1.05 - high), (0.4, -1.36 - high), (0, -1.42 - high)]
    top = spline(np.array([*crown, *((-x, y) for x, y in crown[-2::-1])]) * (person.face_width, 1), 4)
    inner, outer = scene.place(line), scene.place(top, 0.0)
    canvas.shade([(canvas.band(inner + (0, 0.03 * canvas.unit), 0.1), -0.2)], soft=0.04)
    canvas.fill([np.concatenate([inner, outer])], person.hair, soft=0.02)
    picks = scene.rng.uniform(0.04, 0.96, size=18)
    changes = scene.rng.uniform(-0.4, 0.35, size=18).tolist()
    starts = inner[np.rint(picks * (len(inner) - 1)).astype(int)]
    ends = outer[np.rint((1 - picks) * (len(outer) - 1)).astype(int)]
    strands = canvas.bands(list(np.stack([starts, ends], axis=1)), [0.05] * 18)
    canvas.shade(list(zip(strands, changes, strict=True)), soft=0.02)
    sheen = inner + 0.55 * (outer[_SHEEN] - inner)
    canvas.shade([(canvas.band(sheen[5:-5], 0.12), 0.3)], soft=0.06)


def paint_beard(scene: Scene) -> None:
    """Beard along the jaw and moustache over the lip; painted before the mouth."""
    canvas, shapes, person = scene.canvas, scene.shapes, scene.person
    if person.beard <= 0:
        return
    tone = min(person.hair, person.skin * 0.75)
    jaw, centre = shapes["head"][23:58], shapes["lip_low"][6]
    reach = np.interp(np.linspace(0, 1, len(jaw)), (0, 0.2, 0.5, 0.8, 1), (0.92, 0.62, 0.5, 0.62, 0.92))[:, None]
    inner = centre + (jaw - centre) * reach
    canvas.fill([np.concatenate([jaw, inner[::-1]])], tone, 0.75 * person.beard, soft=0.05)
    if person.moustache > 0:
        line = spline(shapes["lip_top"][1:-1], 2) - (0, 0.06 * canvas.unit)
        canvas.fill([canvas.band(line, 0.085)], tone, 0.8 * person.moustache, soft=0.025)


def paint_glasses(scene: Scene) -> None:
    """A thin frame; the eyes stay visible."""
    canvas, person = scene.canvas, scene.person
    if person.glasses <= 0:
        return
    frame = [scene.place([(-0.15, -0.02), (0.0, -0.05), (0.15, -0.02)])]
    for _, sign, _ in SIDES:
        ring = ellipse(sign * 0.47 * person.eye_distance, 0.02, 0.32, 0.25, 28)
        frame.append(scene.place(np.concatenate([ring, ring[:1]])))
        frame.append(scene.place([(sign * 0.79, -0.02), (sign * 1.0, -0.05)]))
    canvas.shade([(rim, -person.glasses) for rim in canvas.bands(frame, [0.035] * len(frame))])
