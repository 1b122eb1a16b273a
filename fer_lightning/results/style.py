"""The look that every figure shares: fonts, colours, resolution, and text that is measured before it is placed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from fer_lightning.results.fonts import families, letters_of, quiet_fonts

P = ParamSpec("P")
R = TypeVar("R")

INK, MUTED, FAINT, EMPTY = "#16202b", "#5d6875", "#98a2ae", "#eceef1"
TRAIN, VAL = "#b25f08", "#113f72"  # far apart to every kind of colour vision, and one lighter than the other in grey
TINT, GRID = "#d0dff0", "#e3e7ec"  # grounds: what is drawn on them stays the louder
DPI = 150
PAD = 0.16  # inches of air around everything

# One hue whose lightness falls steadily, so that a darker cell is always a higher rate, in grey print as well.
RATES = LinearSegmentedColormap.from_list(
    "rates", ["#f4f7fb", "#d0dff0", "#9fc1e2", "#699fce", "#3a79b5", "#205a97", "#113f72", "#08274f"]
)

STYLE: dict[Any, Any] = {
    "text.color": INK,
    "text.parse_math": False,  # a class may be called a$b$
    "axes.edgecolor": FAINT,
    "axes.labelcolor": MUTED,
    "axes.unicode_minus": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "hatch.linewidth": 0.6,
    "pdf.fonttype": 42,  # real letters: conferences refuse Type 3 fonts
    "svg.hashsalt": "fer_lightning",
}


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """`draw` under the shared style, in fonts that have the letters of its arguments.

    The caller's matplotlib settings come back afterwards.
    """

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        fonts = {"font.family": families(letters_of([args, kwargs]))}
        with mpl.rc_context(STYLE | fonts), quiet_fonts():
            return draw(*args, **kwargs)

    return drawn


def luminance(colour: Any) -> float:
    """Relative luminance of a colour, 0 black to 1 white. WCAG 2.2, "relative luminance"."""
    channels = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))


def ink_on(background: Any) -> str:
    """The text colour, dark or white, whose WCAG contrast with `background` is higher."""
    ground = luminance(background) + 0.05
    return "white" if 1.05 / ground > ground / (luminance(INK) + 0.05) else INK


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Inches that one line of `text` takes at `size` points."""
    font = FontProperties(family=mpl.rcParams["font.family"], size=size, weight=weight)
    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]) / 72


def shorten(text: str, width: float, size: float) -> str:
    """`text`, cut with an ellipsis when it is wider than `width` inches."""
    if len(text) < 2 or text_width(text, size) <= width:
        return text
    words = text.rstrip("…")
    kept = bisect_right(range(1, len(words)), width, key=lambda length: text_width(f"{words[:length]}…", size))
    return f"{words[:kept]}…"


def end_lines(text: str, width: float, size: float) -> list[str]:
    """`text`, a path or a name, in one line or two; of one that is wider still the end, by which paths differ."""
    last = bisect_right(range(1, len(text) + 1), width, key=lambda length: text_width(text[-length:], size)) or 1
    if last >= len(text):
        return [text]
    return [shorten(text[:-last][::-1], width, size)[::-1], text[-last:]]


def wrap(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """`text` in lines of at most `width` inches, broken between words; a single longer word is cut."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size, weight) <= width:
            lines[-1] = joined
        else:
            lines.append(shorten(word, width, size))
    return lines
