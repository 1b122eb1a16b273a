"""What the tests of figures share: a set of seven classes, what a figure says, and whether it can be read."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

SEVEN = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
SUPPORT = [491, 55, 528, 879, 594, 416, 626]
LONG = [f"class of people who look {'very ' * i}sad" for i in range(10)]

CASES = {
    "two": (["no", "yes"], [812, 1033]),
    "two long": (["not smiling at all in any way", "smiling"], [3, 120000]),
    "seven": (SEVEN, SUPPORT),
    "missing": (SEVEN, [491, 0, 528, 879, 594, 416, 626]),
    "nothing": (["a", "b"], [0, 0]),
    "ten": ([str(i) for i in range(10)], [1000] * 10),
    "ten long": (LONG, [120000] * 10),
    "dollars": (["a$b$", "$\\broken$"], [3, 4]),
}
"""Names and supports of classes that are hard to draw."""


def counts_of(support: list[int], seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    size = len(support)
    rates = 0.35 * random.dirichlet(np.ones(size), size) + 0.65 * np.eye(size)
    return np.array([random.multinomial(n, row) for n, row in zip(support, rates, strict=True)])


def texts(figure: Figure) -> list[Text]:
    return [t for t in figure.findobj(Text) if t.get_text() and t.get_visible()]


def words(figure: Figure) -> list[str]:
    return [t.get_text() for t in texts(figure)]


def assert_legible(figure: Figure) -> None:
    """No text leaves the page, no two level ones overlap, and none stands in the midst of the turned ones."""
    canvas = FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    figure.draw_without_rendering()  # places every text as drawing does, in a fraction of the time
    width, height = canvas.get_width_height()
    boxes = [(t, t.get_window_extent(renderer)) for t in texts(figure)]
    for text, box in boxes:
        inside = box.x0 >= 0 and box.y0 >= 0 and box.x1 <= width and box.y1 <= height
        assert inside, f"'{text.get_text()}' leaves the page"
    level = [(t, b) for t, b in boxes if t.get_rotation() != 45]
    for (one, a), (other, b) in combinations(level, 2):
        apart = a.x1 <= b.x0 + 1 or b.x1 <= a.x0 + 1 or a.y1 <= b.y0 + 1 or b.y1 <= a.y0 + 1
        assert apart, f"'{one.get_text()}' overlaps '{other.get_text()}'"
    turned = [b for t, b in boxes if t.get_rotation() == 45]
    for t, box in level:
        for slanted in turned:
            assert not (box.y0 < slanted.y0 and box.y1 > slanted.y1), t.get_text()
    plots = [axes.get_window_extent(renderer) for axes in figure.axes]
    for text in figure.texts:  # those outside of every plot
        box = text.get_window_extent(renderer)
        for plot in plots:
            apart = box.x1 <= plot.x0 or plot.x1 <= box.x0 or box.y1 <= plot.y0 + 1 or plot.y1 <= box.y0 + 1
            assert apart, f"'{text.get_text()}' stands in a plot"
