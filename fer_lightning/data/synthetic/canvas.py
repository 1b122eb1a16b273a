"""A supersampled grey canvas on which soft shapes are filled, shaded and laid as collages."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from fer_lightning.data.synthetic.curves import Points, ribbons

Plane = npt.NDArray[np.float32]
Window = tuple[slice, slice]
Toned = tuple[Points, float]  # a polygon and its tone or its change of tone


class Canvas:
    """Tones 0..1 on (side, side) cells; points are (K, 2) x, y in cells, softness and widths in face units.

    Attributes:
        tone: the picture, float32 (side, side).
        unit: cells per face unit, half the width of an average face.
    """

    def __init__(self, tone: Plane, unit: float) -> None:
        self.tone = tone
        self.unit = unit

    def fill(self, polygons: Sequence[Points], tone: float, alpha: float = 1.0, soft: float = 0.0) -> None:
        """Covers polygons with one tone."""
        window = self._window(polygons, soft)
        if window is not None:
            cover = self._cover(window, [(points, alpha) for points in polygons], soft)
            self.tone[window] += cover * (np.float32(tone) - self.tone[window])

    def shade(self, polygons: Sequence[Toned], soft: float = 0.0) -> None:
        """Multiplies the tones of polygons by 1 + change: negative is shadow, positive is light.

        Polygons of one call share one softening, which is what makes many of them cheap; where two shadows or two
        lights overlap, the stronger holds.
        """
        for sign in (-1.0, 1.0):
            seen = sorted(((p, sign * change) for p, change in polygons if sign * change > 0.02), key=lambda t: t[1])
            window = self._window([points for points, _ in seen], soft)
            if window is not None:
                self.tone[window] *= 1 + np.float32(sign) * self._cover(window, seen, soft)

    def band(self, line: Points, width: float | Points) -> Points:
        """The polygon of a stroke along a line (K, 2); width in face units."""
        return ribbons([line], [width * self.unit])[0]

    def bands(self, lines: Sequence[Points], widths: Sequence[float | Points]) -> list[Points]:
        """The polygons of many strokes: `band` for each, in one go."""
        return ribbons(lines, [width * self.unit for width in widths])

    def collage(self, outline: Sequence[Points], base: float, pieces: Sequence[Toned], soft: float = 0.0) -> None:
        """Covers the outlines with tone `base` and, within them, with the pieces in order."""
        window = self._window(outline, soft)
        if window is not None:
            cover = self._cover(window, [(points, 1.0) for points in outline], soft)
            paper = self._cover(window, pieces, 0.0, base)
            self.tone[window] += cover * (paper - self.tone[window])

    def _window(self, polygons: Sequence[Points], soft: float) -> Window | None:
        if not polygons:
            return None
        side = len(self.tone)
        pad = int(2.5 * soft * self.unit) + 2
        points = np.concatenate(polygons)
        (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        x0, y0 = max(int(left) - pad, 0), max(int(top) - pad, 0)
        x1, y1 = min(int(right) + pad + 1, side), min(int(bottom) + pad + 1, side)
        return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None

    def _cover(self, window: Window, polygons: Sequence[Toned], soft: float, base: float = 0.0) -> Plane:
        """Polygons painted with their values 0..1 on `base`, the last on top, and softened."""
        rows, columns = window
        height, width = rows.stop - rows.start, columns.stop - columns.start
        sigma = soft * self.unit
        # a wide blur looks the same, and costs a fraction, when it is made on a coarser grid
        coarse = 4 if sigma > 3.2 else 2 if sigma > 1.6 else 1
        plane = np.full((-(-height // coarse), -(-width // coarse)), round(base * 255), dtype=np.uint8)
        corner = (columns.start + (coarse - 1) / 2, rows.start + (coarse - 1) / 2)
        if polygons:
            points = np.concatenate([points for points, _ in polygons])
            fixed = np.rint((points - corner) * (16 / coarse)).astype(np.int32)  # four bits of fraction
            start = 0
            for corners, value in polygons:
                end = start + len(corners)
                cv2.fillPoly(plane, [fixed[start:end]], min(round(value * 255), 255), cv2.LINE_AA, 4)
                start = end
        if sigma > 0.6:
            plane = cv2.GaussianBlur(plane, (0, 0), sigma / coarse)
        if coarse > 1:
            whole = (plane.shape[1] * coarse, plane.shape[0] * coarse)
            plane = cv2.resize(plane, whole, interpolation=cv2.INTER_LINEAR)[:height, :width]
        return plane * np.float32(1 / 255)
