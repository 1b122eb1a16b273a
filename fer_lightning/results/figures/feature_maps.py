"""Draws what layers of a net make of faces: a face a row, a map a column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from fer_lightning.results.figures.cells import LEAST_WIDTH, cell, foot
from fer_lightning.results.figures.layout import TEXT_SIZE, heading, heading_height, line_height, write_heading
from fer_lightning.results.style import DPI, INK, PAD, styled, wrap

SIDE = 144 / DPI  # inches of a cell: three screen pixels for each of 48
GAP = 12 / DPI  # inches between cells
ACROSS = 4  # maps a row at most: with the face a page that a phone shows without zooming
TITLE = "Feature maps"
TOLD = (
    "Of each layer the maps that differ most over the face. Black is a map's lowest value on these faces, white its "
    "highest."
)


class Layer(NamedTuple):
    """Some maps of a layer.

    Attributes:
        name: of the layer in the net.
        kind: its class.
        total: how many maps it has.
        numbers: the M shown ones, counted from 0, those of most contrast first.
        maps: (F, M, H, W), of F faces.
    """

    name: str
    kind: str
    total: int
    numbers: Sequence[int]
    maps: npt.NDArray[np.floating]


@styled
def feature_maps(
    faces: npt.NDArray[np.uint8], names: Sequence[str], layers: Sequence[Layer], subtitle: str = ""
) -> Figure:
    """For each layer every face, and beside it the layer's maps of it, each scaled by its own range over the faces.

    Args:
        faces: (F, H, W) grey or (F, H, W, 3) RGB, uint8.
        names: F classes, or whatever else tells the faces apart.
        layers: at least one, each with maps of the F faces.
        subtitle: a muted line below the title; what was tested.
    """
    total = len(faces)
    lengths = {len(names), *(len(layer.maps) for layer in layers)}
    if not total or not layers or lengths != {total}:
        raise ValueError(f"{total} faces for names and maps of {sorted(lengths)}")
    columns = max(map(_across, layers))
    width = max(2 * PAD + (columns + 1) * (SIDE + GAP) - GAP, LEAST_WIDTH)
    lines = heading(TITLE, subtitle, TOLD, width - 2 * PAD)
    details = [wrap(_details(layer), width - 2 * PAD, TEXT_SIZE) for layer in layers]
    row = SIDE + foot(1) + GAP
    rooms = [
        0.14 + len(text) * line_height(TEXT_SIZE) + total * _rows(layer) * row
        for layer, text in zip(layers, details, strict=True)
    ]
    figure = Figure(figsize=(width, PAD + heading_height(lines) + sum(rooms) - GAP + PAD))
    write_heading(figure, lines)
    top = figure.get_figheight() - PAD - heading_height(lines)
    for layer, text, room in zip(layers, details, rooms, strict=True):
        _draw(figure, layer, text, top, faces, names)
        top -= room
    return figure


def _draw(
    figure: Figure,
    layer: Layer,
    details: Sequence[str],
    top: float,
    faces: npt.NDArray[np.uint8],
    names: Sequence[str],
) -> None:
    width, height = figure.get_size_inches()
    top -= 0.14
    for text in details:
        figure.text(PAD / width, top / height, text, va="top", fontsize=TEXT_SIZE, color=INK)
        top -= line_height(TEXT_SIZE)
    lowest, highest = layer.maps.min(axis=(0, 2, 3)), layer.maps.max(axis=(0, 2, 3))
    for place, (face, name) in enumerate(zip(faces, names, strict=True)):
        y = top - place * _rows(layer) * (SIDE + foot(1) + GAP)
        cell(figure, PAD, y, SIDE, [name]).imshow(face, cmap="gray", vmin=0, vmax=255, aspect="auto")
        for number, of_net in enumerate(layer.numbers):
            row, column = divmod(number, _across(layer))
            left, up = PAD + (column + 1) * (SIDE + GAP), y - row * (SIDE + foot(1) + GAP)
            axes = cell(figure, left, up, SIDE, [f"map {of_net}"])
            # a map that is the same everywhere has no range, and is black
            ends = {"vmin": lowest[number], "vmax": max(highest[number], lowest[number] + 1e-12)}
            axes.imshow(layer.maps[place, number], cmap="gray", interpolation="nearest", aspect="auto", **ends)


def _rows(layer: Layer) -> int:
    return -(-len(layer.numbers) // ACROSS)


def _across(layer: Layer) -> int:
    """Maps a row, so that six stand as three and three."""
    return -(-len(layer.numbers) // _rows(layer))


def _details(layer: Layer) -> str:
    height, width = layer.maps.shape[2:]
    which = f"{len(layer.numbers)} of {layer.total} maps"
    return f"{layer.name} ({layer.kind}): {which}, {width} x {height}"
