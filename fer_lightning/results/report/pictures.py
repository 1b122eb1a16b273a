"""Figures as part of a page: small images that carry their own bytes and say in words what they show."""

from __future__ import annotations

from base64 import b64encode
from io import BytesIO
from typing import NamedTuple

from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from fer_lightning.results.style import styled

CSS_INCH = 96  # a browser's pixels in an inch
SHARP = 2  # dots a pixel: screens of today
COLOURS = 128  # flat colours and their soft edges; a third of the bytes of full colour
KEPT = Image.Quantize.MAXCOVERAGE  # also the colour of a single small mark


class Picture(NamedTuple):
    """An image of a page; `source` is a data URI, and width and height are in a browser's pixels."""

    source: str
    width: int
    height: int
    alt: str


def picture(figure: Figure, alt: str) -> Picture:
    """The figure as a PNG inside of the page; the same figure gives the same bytes."""
    width, height = figure.get_size_inches() * CSS_INCH
    return Picture(f"data:image/png;base64,{b64encode(png(figure)).decode()}", round(width), round(height), alt)


@styled
def png(figure: Figure, **remarks: str) -> bytes:
    """The figure as a small PNG, with remarks that no one sees; the same figure gives the same bytes."""
    drawn, small, texts = BytesIO(), BytesIO(), PngInfo()
    for name, text in remarks.items():
        texts.add_text(name, text)
    # written for good below; the first time it need not be small
    figure.savefig(drawn, format="png", dpi=CSS_INCH * SHARP, pil_kwargs={"compress_level": 1})
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(COLOURS, KEPT).save(small, "png", optimize=True, pnginfo=texts)
    return small.getvalue()
