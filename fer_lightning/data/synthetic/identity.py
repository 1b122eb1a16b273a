"""A person: the proportions, tones and styles that stay the same from image to image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HAIR_STYLES = ("short", "receding", "bald", "fringe", "long", "parted", "curly", "tied")


@dataclass(frozen=True)
class Identity:
    """Proportions are factors around 1 unless a comment says more; tones are 0 black to 1 white.

    Offsets are in face units, half the width of an average face.
    """

    face_width: float
    jaw_width: float
    chin_length: float
    skin: float
    hair: float
    hair_style: str
    hairline: float  # offset, positive is lower on the forehead
    beard: float  # 0 none, 0.3 stubble, 1 full
    moustache: float  # 0 none to 1 thick
    brow_height: float  # offset, positive is lower
    brow_width: float
    brow_arch: float
    brow_slope: float  # offset of the inner end, positive is lower
    brow: float  # tone relative to the skin
    eye_distance: float
    eye_size: float
    eye_opening: float
    eye_tilt: float  # offset of the outer corner, positive is lower
    iris: float
    nose_length: float
    nose_width: float
    mouth_width: float
    mouth_height: float  # offset, positive is lower
    mouth_curve: float  # offset of the corners at rest, positive is lower
    upper_lip: float
    lower_lip: float
    lip: float  # tone relative to the skin
    age: float  # 0 smooth to 1 lined
    glasses: float  # 0 none, otherwise the darkness of the frame
    cloth: float


def person(rng: np.random.Generator) -> Identity:
    """A person drawn at random; proportions go together as they do in women, men and in between."""
    softness = float(rng.beta(0.6, 0.6))

    def around(mean: float, spread: float) -> float:
        return float(mean + spread * np.clip(rng.normal(), -2, 2))

    bearded = softness < 0.4 and rng.random() < 0.4
    skin = float(rng.uniform(0.34, 0.82))
    age = float(rng.beta(1.3, 1.8))
    grey = age > 0.7 and rng.random() < 0.6
    hair = (
        float(skin * rng.uniform(0.75, 1.05)) if grey else float(skin * rng.uniform(0.08, 0.75) * rng.uniform(0.4, 1.0))
    )
    styles = HAIR_STYLES[:4] + ("curly",) if softness < 0.5 else HAIR_STYLES[3:]
    return Identity(
        face_width=around(0.97, 0.035),
        jaw_width=around(1.03 - 0.1 * softness, 0.04),
        chin_length=around(1.02 - 0.04 * softness, 0.025),
        skin=skin,
        hair=hair,
        hair_style=str(rng.choice(styles)),
        hairline=around(0.0, 0.06),
        beard=float(rng.choice([0.3, 0.5, 0.8])) if bearded else 0.0,
        moustache=float(rng.uniform(0.4, 0.9)) if bearded and rng.random() < 0.6 else 0.0,
        brow_height=around(0.02 - 0.03 * softness, 0.025),
        brow_width=around(1.2 - 0.45 * softness, 0.12),
        brow_arch=around(0.8 + 0.4 * softness, 0.2),
        brow_slope=around(0.0, 0.018),
        brow=float(rng.uniform(0.25, 0.5)),
        eye_distance=around(1.0, 0.04),
        eye_size=around(1.0 + 0.06 * softness, 0.05),
        eye_opening=around(1.0, 0.1),
        eye_tilt=around(-0.005, 0.015),
        iris=float(rng.uniform(0.08, 0.45)),
        nose_length=around(1.0, 0.05),
        nose_width=around(1.05 - 0.1 * softness, 0.07),
        mouth_width=around(1.0, 0.06),
        mouth_height=around(0.0, 0.02),
        mouth_curve=around(0.0, 0.015),
        upper_lip=around(0.85 + 0.3 * softness, 0.15),
        lower_lip=around(0.9 + 0.25 * softness, 0.15),
        lip=float(rng.uniform(0.52, 0.75)),
        age=age,
        glasses=float(rng.uniform(0.5, 0.95)) if rng.random() < 0.15 else 0.0,
        cloth=float(rng.uniform(0.05, 0.9)),
    )
