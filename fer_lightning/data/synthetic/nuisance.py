"""Everything that changes an image and not its label: pose, light, background, blur, noise, an occluder."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from fer_lightning.data.synthetic.curves import Points

OCCLUDERS = ("hand", "bar", "sunglasses", "scarf", "patch")
_PIVOT = np.array([0.0, 0.3, 0.0])
_LOOKS_AT = np.array([0.0, 0.06])  # the image's middle lies a little below the pivot


@dataclass(frozen=True)
class Nuisance:
    """Angles are in radians, lengths in widths of the image unless a comment says more.

    `seed` draws what has no number of its own: the noise, the background's blobs, the strands of hair.
    """

    yaw: float = 0.0  # positive turns the nose to the right of the image
    pitch: float = 0.0  # positive lowers the nose
    roll: float = 0.0
    scale: float = 0.36  # a face unit
    shift: tuple[float, float] = (0.0, 0.0)
    gaze: tuple[float, float] = (0.0, 0.0)  # -1..1
    light: tuple[float, float] = (0.0, -0.4)  # where it comes from, x and y
    light_strength: float = 0.3  # 0 flat to 1 hard
    background: tuple[float, float] = (0.5, 0.5)  # tones of two opposite corners
    contrast: float = 1.0
    brightness: float = 0.0
    blur: float = 0.004  # standard deviation
    noise: float = 0.01  # standard deviation, of the tones 0..1
    occluder: str | None = None
    occluder_at: tuple[float, float] = (0.0, 0.0)  # 0..1, where along its range it lies
    seed: int = 0


def recording(rng: np.random.Generator) -> Nuisance:
    """What all images of one sequence share: the light, the background and the camera's blur and noise."""
    angle = rng.uniform(0, 2 * np.pi)
    contrast = float(rng.uniform(0.7, 1.2))
    return Nuisance(
        light=(float(np.cos(angle)), float(0.6 * np.sin(angle) - 0.3)),
        light_strength=float(rng.uniform(0.0, 0.75)),
        background=(float(rng.uniform(0.02, 0.98)), float(rng.uniform(0.02, 0.98))),
        contrast=contrast,
        brightness=float(rng.uniform(-0.1, 0.1)),
        noise=float(rng.uniform(0.0, 0.03)) * contrast,
        blur=float(rng.uniform(0.0, 0.014)),
    )


def nuisance(shared: Nuisance, rng: np.random.Generator) -> Nuisance:
    """One image's nuisances: those of its recording, and a pose and an occluder of its own."""

    def swing(limit: float) -> float:
        return float(np.clip(rng.normal(0, limit / 2), -limit, limit))

    occluded = rng.random() < 0.12
    return replace(
        shared,
        yaw=swing(0.32),
        pitch=swing(0.17),
        roll=swing(0.22),
        scale=float(0.365 * rng.uniform(0.91, 1.08)),
        shift=(swing(0.05), swing(0.04)),
        gaze=(swing(1.0), swing(0.6)),
        occluder=str(rng.choice(OCCLUDERS)) if occluded else None,
        occluder_at=(float(rng.random()), float(rng.random())),
        seed=int(rng.integers(2**32)),
    )


@dataclass(frozen=True)
class Camera:
    """From face units to pixels of a square image; made by `camera`."""

    turn: Points
    centre: Points
    unit: float

    def project(self, points: Points) -> Points:
        """Pixel positions (K, 2) of points (K, 3); the middle of the first pixel is 0, 0."""
        flat: Points = (points - _PIVOT) @ self.turn.T * self.unit + self.centre
        return flat


def camera(view: Nuisance, size: int, keep: Points) -> Camera:
    """The view of a face, moved no further than needed to hold the points `keep` (K, 3) in the image."""
    (sy, cy), (sp, cp), (sr, cr) = ((np.sin(a), np.cos(a)) for a in (view.yaw, view.pitch, view.roll))
    turned = np.array([[cy, 0.0, sy], [-sy * sp, cp, cy * sp]])
    turn = np.array([[cr, -sr], [sr, cr]]) @ turned
    unit = view.scale * size
    centre = (size - 1) / 2 + np.array(view.shift) * size - _LOOKS_AT * unit
    seen = (keep - _PIVOT) @ turn.T * unit + centre
    margin = size / 48
    centre = centre + np.maximum(margin - seen.min(axis=0), 0) - np.maximum(seen.max(axis=0) - (size - 1 - margin), 0)
    return Camera(turn, centre, unit)
