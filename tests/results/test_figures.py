from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.text import Text
from sklearn.metrics import f1_score

from fer_lightning.results.figures import confusion_matrix, face_grid, save
from fer_lightning.results.style import RATES, ink_on, luminance, shorten, text_width, wrap

SEVEN = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
SUPPORT = [491, 55, 528, 879, 594, 416, 626]


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
    canvas.draw()
    renderer = canvas.get_renderer()
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


CASES = {
    "two": (["no", "yes"], [812, 1033]),
    "two long": (["not smiling at all in any way", "smiling"], [3, 120000]),
    "seven": (SEVEN, SUPPORT),
    "missing": (SEVEN, [491, 0, 528, 879, 594, 416, 626]),
    "nothing": (["a", "b"], [0, 0]),
    "ten": ([str(i) for i in range(10)], [1000] * 10),
    "ten long": ([f"class of people who look {'very ' * i}sad" for i in range(10)], [120000] * 10),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_is_cut_or_overlaps(case):
    names, support = CASES[case]
    assert_legible(confusion_matrix(counts_of(support), names, "A title " * 12, "what was tested " * 9))


def test_cells_axes_and_summary_say_the_counts():
    figure = confusion_matrix([[3, 1], [0, 4]], ["happy", "sad"], "A title", "vgg, seed 0")
    said = words(figure)
    # F1: happy 2*3/(4+3) = 6/7, sad 2*4/(4+5) = 8/9; mean 0.87302
    assert {"A title", "vgg, seed 0", "accuracy 87.50 % · macro-F1 87.30 % · N = 8"} <= set(said)
    assert {"happy (4)", "sad (4)", "happy\n(3)", "sad\n(5)"} <= set(said)
    cells = list(figure.axes[0].texts)
    assert [t.get_text() for t in cells] == ["75.0", "3", "25.0", "1", "0", "0", "100.0", "4"]
    assert all(t.get_fontweight() == "bold" for t in cells[::2])
    assert cells[0].get_fontsize() > 1.3 * cells[1].get_fontsize()


def test_rows_are_true_and_run_down():
    figure = confusion_matrix([[3, 1], [0, 4]], ["happy", "sad"])
    one = next(t for t in figure.axes[0].texts if t.get_text() == "1")
    assert one.get_position()[0] == 1.5  # predicted sad: the second column
    assert one.get_position()[1] < 1  # true happy: the first row
    assert figure.axes[0].get_ylim() == (2, 0)


@pytest.mark.parametrize("seed", range(5))
def test_macro_f1_agrees_with_scikit_learn(seed):
    counts = counts_of([40, 0, 7, 12], seed)
    counts[:, 3] = 0  # never predicted
    true, predicted = np.nonzero(counts)
    weights = counts[true, predicted]
    expected = f1_score(np.repeat(true, weights), np.repeat(predicted, weights), average="macro", zero_division=0)
    assert any(f"macro-F1 {100 * expected:.2f} %" in t for t in words(confusion_matrix(counts, list("abcd"))))


def test_a_class_without_images_is_hatched_and_dashed():
    figure = confusion_matrix([[3, 1, 0], [0, 0, 0], [1, 0, 2]], ["a", "b", "c"])
    assert "b (0)" in words(figure)
    assert [t.get_text() for t in figure.axes[0].texts].count("\N{EN DASH}") == 3
    assert sum(bool(patch.get_hatch()) for patch in figure.axes[0].patches) == 3


def test_dollars_in_a_name_are_no_mathematics():
    figure = confusion_matrix([[3, 1], [0, 4]], ["a$b$", "$\\broken$"])
    assert_legible(figure)
    assert "a$b$ (4)" in words(figure)


def test_text_contrasts_with_every_cell_and_darker_is_more():
    light = [luminance(RATES(rate)) for rate in np.linspace(0, 1, 101)]
    assert np.all(np.diff(light) < 1e-9)
    assert light[0] - light[-1] > 0.8
    for rate, ground in zip(np.linspace(0, 1, 101), light, strict=True):
        pair = sorted([ground, luminance(ink_on(RATES(rate)))])
        assert (pair[1] + 0.05) / (pair[0] + 0.05) > 4


def test_luminance_of_known_colours():
    assert luminance("white") == pytest.approx(1)
    assert luminance("black") == 0
    assert luminance(to_rgb("#808080")) == pytest.approx(0.2159, abs=1e-4)


def test_matrix_and_names_must_agree():
    with pytest.raises(ValueError, match="3 class names"):
        confusion_matrix([[1, 0], [0, 1]], ["a", "b", "c"])


def test_the_caller_s_settings_come_back():
    with mpl.rc_context({"text.color": "red"}):
        confusion_matrix([[1, 0], [0, 1]], ["a", "b"])
        assert mpl.rcParams["text.color"] == "red"


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_saving_twice_gives_the_same_bytes(tmp_path, suffix):
    for name in ("one", "two"):
        save(confusion_matrix([[3, 1], [0, 4]], ["a", "b"]), tmp_path / "new folder" / f"{name}.{suffix}")
    one, two = ((tmp_path / "new folder" / f"{name}.{suffix}").read_bytes() for name in ("one", "two"))
    assert one == two
    if suffix != "png":
        assert b"<image" not in one
        assert b"/Subtype /Image" not in one


def test_png_has_150_dots_an_inch(tmp_path):
    figure = confusion_matrix(counts_of(SUPPORT), SEVEN)
    save(figure, tmp_path / "m.png")
    height, width = imread(tmp_path / "m.png").shape[:2]
    assert (width, height) == pytest.approx(tuple(figure.get_size_inches() * 150), abs=1)


@pytest.mark.parametrize("shape", [(1, 48, 48), (7, 48, 48, 3), (16, 60, 40), (3, 224, 224, 3), (5, 28, 28)])
def test_face_grid_shows_every_face_over_its_caption(shape):
    images = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    figure = face_grid(
        images, [f"happy {i}\nflip, an uncommonly long story" for i in range(shape[0])], "A long title " * 5
    )
    assert_legible(figure)
    shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes]
    assert np.array_equal(shown, images)
    assert {f"happy {i}" for i in range(shape[0])} <= set(words(figure))
    assert sum(word.endswith("…") for word in words(figure)) == shape[0]  # the third line of a caption is cut


def test_grey_is_shown_as_it_is_not_stretched():
    figure = face_grid(np.full((1, 8, 8), 100, dtype=np.uint8), ["dim"])
    assert figure.axes[0].images[0].get_clim() == (0, 255)


def test_small_faces_keep_square_even_pixels(tmp_path):
    stripes = np.tile(np.array([0, 255], dtype=np.uint8), (1, 48, 24))
    save(face_grid(stripes, ["stripes"]), tmp_path / "g.png")
    grey = imread(tmp_path / "g.png")[100, :, 0] > 0.5
    runs = np.diff(np.flatnonzero(np.diff(grey)))
    assert set(runs[1:46]) == {4}


def test_faces_and_captions_must_agree():
    with pytest.raises(ValueError, match="1 captions"):
        face_grid(np.zeros((2, 8, 8), dtype=np.uint8), ["only one"])


def test_wrapped_and_shortened_text_fits():
    lines = wrap("a rather long title with one extraordinarilyoverlongunbreakableword", 1.0, 9)
    assert len(lines) == 3
    assert max(text_width(line, 9) for line in lines) <= 1.0
    assert shorten("happy", 9, 9) == "happy"
    assert shorten("happy" * 20, 1, 9).startswith("happyhappy")
    assert shorten("happy" * 20, 1, 9).count("…") == 1
