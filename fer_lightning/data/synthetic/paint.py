"""Paints background, neck, head, eyes, brows, nose, mouth, wrinkles and occluders."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.synthetic.canvas import Canvas, Plane, Toned
from fer_lightning.data.synthetic.curves import Points, ellipse, spline, taper
from fer_lightning.data.synthetic.geometry import SIDES, Shapes, surface
from fer_lightning.data.synthetic.identity import Identity
from fer_lightning.data.synthetic.nuisance import Camera, Nuisance

_LASHES = np.linspace(0.03, 0.055, 19)
_BROW = np.interp(np.linspace(0, 1, 17), (0, 0.1, 0.45, 1), (0.07, 0.115, 0.11, 0.03))


@dataclass(frozen=True)
class Scene:
    """One face about to be painted.

    Attributes:
        canvas: where it is painted.
        shapes: curves by name, (K, 2) in cells of the canvas.
        units: intensities by action unit, left and right half of the image.
        detail: cells of the canvas per pixel of the image.
    """

    canvas: Canvas
    shapes: Shapes
    person: Identity
    units: dict[int, tuple[float, float]]
    view: Nuisance
    camera: Camera
    detail: int
    rng: np.random.Generator

    def place(self, points: npt.ArrayLike, depth: float | None = None) -> Points:
        """Cells (K, 2) of face-unit points (K, 2): on the face's front, or at one depth."""
        flat = np.asarray(points, dtype=np.float64)
        z = surface(flat) if depth is None else np.full(len(flat), depth)
        return cells(self.camera.project(np.column_stack([flat, z])), self.detail)


def cells(pixels: Points, detail: int) -> Points:
    """Pixel positions as cells of a canvas `detail` times as fine."""
    return (pixels + 0.5) * detail - 0.5


def background(view: Nuisance, side: int, rng: np.random.Generator) -> Plane:
    """Two tones blended across the image, with blurred blobs of a room behind."""
    first, second = view.background
    ramp = np.linspace(0, 1, side, dtype=np.float32)
    slant = float(rng.uniform(0, 1))
    rough = rng.normal(0, 0.12, size=(5, 5)).astype(np.float32)
    blobs = cv2.resize(rough, (side, side), interpolation=cv2.INTER_CUBIC)
    plane = first + (second - first) * (slant * ramp[None, :] + (1 - slant) * ramp[:, None]) + blobs
    return np.asarray(plane.clip(0, 1), dtype=np.float32)


def paint_neck(scene: Scene) -> None:
    """Neck and clothes."""
    canvas, person = scene.canvas, scene.person
    neck = scene.place([(-0.58, 0.9), (0.58, 0.9), (0.62, 1.7), (0.75, 2.6), (-0.75, 2.6), (-0.62, 1.7)], -0.3)
    canvas.fill([neck], person.skin * 0.72, soft=0.02)
    cloth = [(-0.6, 1.85), (0.0, 2.05), (0.6, 1.85), (2.2, 2.25), (2.2, 3.2), (-2.2, 3.2), (-2.2, 2.25)]
    canvas.fill([scene.place(cloth, -0.3)], person.cloth, soft=0.02)


def paint_head(scene: Scene) -> None:
    """Ears, the head's outline, and the soft relief of sockets, cheeks, temples and chin."""
    canvas, shapes, person = scene.canvas, scene.shapes, scene.person
    ears = [shapes["left_ear"], shapes["right_ear"]]
    canvas.fill(ears, person.skin * 0.9, soft=0.01)
    canvas.shade([((ear - ear.mean(axis=0)) * 0.5 + ear.mean(axis=0), -0.3) for ear in ears], soft=0.03)
    jaw = shapes["head"][25:56]
    centre = jaw.mean(axis=0)
    canvas.shade([((jaw - centre) * (0.75, 1.0) + centre + (0, 0.1 * canvas.unit), -0.3)], soft=0.06)
    canvas.fill([shapes["head"]], person.skin, soft=0.01)
    hills: list[Toned] = [(shapes["forehead"], 0.08), (shapes["chin_boss"], 0.10)]
    for i, _, name in SIDES:
        smile = 0.6 * scene.units[6][i] + 0.6 * scene.units[12][i]
        hills += [
            (shapes[f"{name}_socket"], -0.17),
            (shapes[f"{name}_hollow"], -0.10),
            (shapes[f"{name}_temple"], -0.12),
            (shapes[f"{name}_cheek"], 0.07 + 0.13 * smile),
            (shapes[f"{name}_under_cheek"], -0.10 * smile),
        ]
    canvas.shade(hills, soft=0.08)


def light(scene: Scene) -> None:
    """Lights the picture as if the head were an egg, from where the view's light comes."""
    canvas, view = scene.canvas, scene.view
    side = len(canvas.tone)
    x0, y0 = scene.place([(0.0, 0.15)], 0.0)[0]
    grid = np.arange(side, dtype=np.float32)
    u = ((grid - np.float32(x0)) / np.float32(1.25 * canvas.unit))[None, :]
    v = ((grid - np.float32(y0)) / np.float32(1.75 * canvas.unit))[:, None]
    front = np.sqrt(np.maximum(1 - u * u - v * v, 0.0))
    lx, ly = view.light
    toward = np.float32(lx) * u + np.float32(ly) * v + np.float32(0.6) * front
    canvas.tone *= 1 + np.float32(view.light_strength) * (np.clip(toward, -0.7, 1.0) - np.float32(0.55))


def paint_eyes(scene: Scene) -> None:
    """White, iris, pupil, catchlight, lids, lashes, crease and the bag below."""
    canvas, shapes, person = scene.canvas, scene.shapes, scene.person
    radius = 0.112 * person.eye_size * canvas.unit
    openings, sharp = [], list[Toned]()
    pieces, soft = list[Toned](), list[Toned]()
    for i, _, name in SIDES:
        upper, lower = spline(shapes[f"{name}_upper_lid"], 3), spline(shapes[f"{name}_lower_lid"], 3)
        openings.append(np.concatenate([upper, lower[::-1]]))
        crease, bag = (spline(shapes[f"{name}_{part}"], 2) for part in ("crease", "bag"))
        shadow, lashes, rim, fold, pouch = canvas.bands(
            [upper, upper, lower, crease, bag], [0.10, _LASHES, 0.022, 0.03, 0.035]
        )
        x, y = shapes[f"{name}_iris"][0].tolist()
        spark = (x - 0.035 * canvas.unit, y - 0.04 * canvas.unit)
        pieces += [
            (shadow, 0.4 + 0.15 * person.skin),  # the lid's shadow on the white
            (ellipse(x, y, radius, radius), person.iris * 0.55),
            (ellipse(x, y, radius * 0.8, radius * 0.8, 16), person.iris),
            (ellipse(x, y, radius * 0.42, radius * 0.42, 12), 0.02),
            (ellipse(*spark, radius * 0.2, radius * 0.2, 8), 0.95),
        ]
        sharp += [(lashes, -0.8), (rim, -0.35)]
        soft += [(fold, -0.30), (pouch, -0.08 - 0.12 * person.age - 0.28 * scene.units[6][i])]
    canvas.shade(soft, soft=0.014)
    canvas.collage(openings, 0.62 + 0.25 * person.skin, pieces)
    canvas.shade(sharp)


def paint_brows(scene: Scene) -> None:
    """Two tapered brows with a soft edge, darker than the skin."""
    canvas, person = scene.canvas, scene.person
    tone = min(person.skin * person.brow, 0.4 + 0.2 * person.hair)
    lines = [spline(scene.shapes[f"{name}_brow"], 4) for _, _, name in SIDES]
    width = _BROW * person.brow_width
    canvas.fill([canvas.band(line, width) for line in lines], tone, 0.55, soft=0.025)
    canvas.fill([canvas.band(line, 0.75 * width) for line in lines], tone, 0.75, soft=0.01)


def paint_nose(scene: Scene) -> None:
    """Flanks in shadow, a lit bridge and tip, wings and nostrils."""
    canvas, shapes, view = scene.canvas, scene.shapes, scene.view
    wide: list[Toned] = [(canvas.band(shapes["bridge"], 0.10), 0.10), (shapes["tip"], 0.13)]
    fine: list[Toned] = [(canvas.band(shapes["base"][1:4] + (0, 0.03 * canvas.unit), 0.07), -0.22)]
    for i, sign, name in SIDES:
        away = 0.14 * view.light_strength if sign * view.light[0] < 0 else 0.0
        wide.append((shapes[f"{name}_flank"], -0.10 - away - 0.06 * scene.units[9][i]))
        wing = shapes[f"{name}_alar"]
        fine += [(canvas.band(wing, 0.045 * taper(len(wing))), -0.38), (shapes[f"{name}_nostril"], -0.7)]
    canvas.shade(wide, soft=0.038)
    canvas.shade(fine, soft=0.013)


def paint_mouth(scene: Scene) -> None:
    """Mouth cavity with teeth and tongue where it is open, both lips and the line between them."""
    canvas, shapes, person = scene.canvas, scene.shapes, scene.person
    lip_top, inner_top, inner_low, lip_low = (
        spline(shapes[name], 2) for name in ("lip_top", "inner_top", "inner_low", "lip_low")
    )
    middle = len(inner_top) // 2
    gap = float(np.hypot(*(inner_low[middle] - inner_top[middle]))) / canvas.unit
    tone = person.skin * person.lip
    canvas.fill([np.concatenate([lip_top, inner_low[::-1]])], tone * 0.82, soft=0.014)
    canvas.fill([np.concatenate([inner_top, lip_low[::-1]])], tone, soft=0.014)
    if gap > 0.02:
        # upper teeth show in a smile or a grimace, less in a jaw that only drops
        shown = min(1.0, (0.13 - 0.07 * min(1.0, max(0.0, (gap - 0.14) / 0.15))) / gap)
        edge = inner_top + (inner_low - inner_top) * shown * 0.85
        tongue = inner_low + (inner_top - inner_low) * 0.3
        pieces: list[Toned] = [(np.concatenate([inner_top, edge[::-1]])[3:-3], 0.88)]
        if gap > 0.16:
            pieces.insert(0, (np.concatenate([tongue[5:-5], inner_low[5:-5][::-1]]), 0.15 + 0.15 * person.skin))
        canvas.collage([np.concatenate([inner_top, inner_low[::-1]])], 0.05, pieces)
        line: Toned = (canvas.band(inner_top, 0.02), -0.45)
    else:
        line = (canvas.band(inner_top, 0.04 * taper(len(inner_top), 0.6, 0.6)), -0.75)
    ends = [(float(x), float(y)) for x, y in inner_top[[0, -1]]]
    corners = [ellipse(x, y, 0.04 * canvas.unit, 0.035 * canvas.unit, 10) for x, y in ends]
    shine = canvas.band(0.35 * inner_low[8:-8] + 0.65 * lip_low[8:-8], 0.045)
    below = canvas.band(shapes["chin_line"], 0.06)
    canvas.shade([line], soft=0.006)
    soft = [(shine, 0.22), (below, -0.22 - 0.15 * sum(scene.units[17]) / 2), *((c, -0.4) for c in corners)]
    canvas.shade(soft, soft=0.02)


def paint_folds(scene: Scene) -> None:
    """Every fold that is deep enough to be seen."""
    canvas, shapes, age = scene.canvas, scene.shapes, scene.person.age
    lines: list[tuple[str, float, float]] = []  # shape, width in face units, change of tone
    raised = max(sum(scene.units[1]), sum(scene.units[2])) / 2
    lines += [(f"forehead_{row}", 0.035, -0.05 * age - 0.25 * raised) for row in range(3)]
    lines.append(("root", 0.05, -0.35 * sum(scene.units[9]) / 2))
    for i, _, name in SIDES:
        frown, cheek, wrinkle, smile, depress, stretch = (scene.units[n][i] for n in (4, 6, 9, 12, 15, 20))
        lines += [(f"{name}_crow_{row}", 0.03, -0.08 * age - 0.30 * cheek) for row in range(3)]
        lines += [
            (f"{name}_frown", 0.05, -0.05 * age - 0.5 * frown - 0.2 * wrinkle),
            (f"{name}_bunny", 0.045, -0.42 * wrinkle),
            (f"{name}_bunny_low", 0.045, -0.42 * wrinkle),
            (f"{name}_fold", 0.065, -0.05 - 0.10 * age - 0.36 * max(smile, 0.95 * wrinkle, 0.6 * stretch)),
            (f"{name}_pouch", 0.045, -0.06 * age - 0.3 * depress),
            (f"{name}_dimple", 0.045, -0.45 * smile),
        ]
    seen = [line for line in lines if line[2] < -0.02]
    folds: list[Toned] = []
    if seen:
        curves = [shapes[name] if len(shapes[name]) > 6 else spline(shapes[name], 3) for name, _, _ in seen]
        widths = [width * taper(len(curve), 0.35, 0.25) for curve, (_, width, _) in zip(curves, seen, strict=True)]
        folds += zip(canvas.bands(curves, widths), (change for _, _, change in seen), strict=True)
    boss = sum(scene.units[17]) / 2
    folds += [(shapes[f"chin_{k}"], -0.3 * boss) for k in range(5)]
    canvas.shade(folds, soft=0.015)


def paint_occluder(scene: Scene) -> None:
    """A hand on the cheek, a bar, sunglasses, a scarf under the mouth or a patch at the border."""
    along, across = scene.view.occluder_at
    sign = 1.0 if across > 0.5 else -1.0
    match scene.view.occluder:
        case "hand":
            _hand(scene, sign, 0.7 + 0.5 * along)
        case "bar":
            x = sign * (0.55 + 0.5 * along)
            line = scene.place([(x - 0.1, -1.9), (x + 0.1, 2.4)], 1.0)
            scene.canvas.fill([scene.canvas.band(line, 0.18)], across, soft=0.01)
        case "sunglasses":
            lenses = [scene.place(ellipse(side * 0.46, 0.03, 0.30, 0.22)) for side in (-1.0, 1.0)]
            bar = scene.canvas.band(scene.place([(-1.0, -0.08), (0.0, -0.06), (1.0, -0.08)]), 0.05)
            scene.canvas.fill([*lenses, bar], 0.05, 0.9, soft=0.01)
        case "scarf":
            edge = scene.shapes["lip_low"][6, 1] + 0.16 * scene.canvas.unit
            x = scene.shapes["lip_low"][6, 0]
            width, height = 1.7 * scene.canvas.unit, 1.6 * scene.canvas.unit
            wave = [
                (-width, -0.3 * height),
                (-width / 2, -0.05 * height),
                (0, 0),
                (width / 2, -0.05 * height),
                (width, -0.3 * height),
            ]
            top = spline(np.array(wave) + (x, edge), 4)
            scene.canvas.fill([np.concatenate([top, top[::-1] + (0, height)])], along, soft=0.015)
        case "patch":
            x, y = sign * (0.75 + 0.25 * along), -0.5 + 1.9 * across
            scene.canvas.fill([scene.place(_square(x, y, 0.28), 1.0)], along, soft=0.01)


def _square(x: float, y: float, half: float) -> Points:
    return np.array([(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)])


def _hand(scene: Scene, sign: float, height: float) -> None:
    canvas, tone = scene.canvas, scene.person.skin * 0.92
    palm = scene.place(ellipse(sign * 1.15, height + 0.55, 0.38, 0.5), 0.8)
    fingers = []
    for k in range(4):
        x, y = sign * (1.35 - 0.17 * k), height + 0.3
        tip = (x - sign * 0.07, height - 0.3 + 0.06 * abs(k - 1))
        fingers.append(canvas.band(spline(scene.place([(x, y), tip], 0.85), 8), 0.17))
    canvas.shade([(part + (0, 0.05 * canvas.unit), -0.3) for part in (palm, *fingers)], soft=0.05)
    canvas.fill([palm, *fingers], tone, soft=0.012)
    canvas.shade([(canvas.band(finger[:9], 0.03), -0.35) for finger in fingers], soft=0.012)
