from __future__ import annotations

import numpy as np
import pytest
from legible import CASES, assert_legible, counts_of, words
from sklearn.metrics import f1_score

from fer_lightning.results.figures.confusion import confusion_matrix


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
    assert "a$b$ (4)" in words(confusion_matrix([[3, 1], [0, 4]], ["a$b$", "$\\broken$"]))


def test_matrix_and_names_must_agree():
    with pytest.raises(ValueError, match="3 class names"):
        confusion_matrix([[1, 0], [0, 1]], ["a", "b", "c"])
