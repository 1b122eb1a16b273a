"""Sets drawn faces into larger pictures, so that something is left to locate."""

from __future__ import annotations

import numpy as np

from fer_lightning.data.faces import Pixels

WALL = 128  # grey of what is behind the face


def in_scene(face: Pixels, height: int, width: int, top: int, left: int) -> Pixels:
    """(height, width) grey, with the (H, W) face's upper left corner at (top, left)."""
    scene = np.full((height, width), WALL, dtype=np.uint8)
    scene[top : top + face.shape[0], left : left + face.shape[1]] = face
    return scene
