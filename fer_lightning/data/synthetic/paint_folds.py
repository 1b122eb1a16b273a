"""Paints the lines that age and action units leave: forehead, frown, crow's feet, nose, cheeks, chin."""

from __future__ import annotations

from fer_lightning.data.synthetic.canvas import Toned
from fer_lightning.data.synthetic.curves import spline, taper
from fer_lightning.data.synthetic.geometry_upper import SIDES
from fer_lightning.data.synthetic.scene import Scene


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
