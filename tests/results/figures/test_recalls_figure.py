from __future__ import annotations

import numpy as np
import pytest
from legible import CASES, assert_legible, counts_of, words
from sklearn.metrics import balanced_accuracy_score

from fer_lightning.results.figures.layout import save
from fer_lightning.results.figures.recalls import recall_bars

COUNTS = [[8, 2, 0], [0, 0, 0], [1, 0, 3]]
NAMES = ["happy", "disgust", "sad"]


@pytest.mark.parametrize("case", CASES)
def test_rows_are_legible(case):
    names, support = CASES[case]
    assert_legible(recall_bars(counts_of(support), names, "what was tested " * 9))


@pytest.mark.parametrize("size", [1, 2, 50])
@pytest.mark.parametrize("rate", [0, 0.5, 1])
def test_every_share_is_legible(size, rate):
    counts = np.eye(size) * 100 * rate + np.roll(np.eye(size), 1, axis=1) * 100 * (1 - rate)
    assert_legible(recall_bars(counts.astype(int), [f"class {i}" for i in range(size)], "tested"))


def test_rows_stand_in_the_given_order_with_their_figures():
    figure = recall_bars(COUNTS, NAMES, "what was tested")
    rows = {t.get_text(): t.get_position()[1] for t in figure.axes[0].texts if t.get_text() in NAMES}
    assert sorted(rows, key=rows.__getitem__) == NAMES
    assert figure.axes[0].get_ylim() == (3, 0)  # down
    said = words(figure)
    assert {"80.0 %", "10", "20.0 % as disgust", "75.0 %", "4", "25.0 % as happy"} <= set(said)
    assert said.count("no images") == 1
    # recalls 8/10 and 3/4, their mean 0.775; 11 of 14 right
    assert {"what was tested", "balanced accuracy 77.50 % · accuracy 78.57 % · N = 14"} <= set(said)
    assert "balanced accuracy 77.5 %" in said


def test_dots_and_intervals_stand_at_the_recalls():
    lines = recall_bars(COUNTS, NAMES).axes[0].lines
    dots = [tuple(line.get_xydata()[0]) for line in lines if line.get_marker() == "o"]
    assert dots == [pytest.approx((80, 0.5)), pytest.approx((75, 2.5))]
    spans = [line.get_xdata() for line in lines if line.get_marker() != "o" and len(set(line.get_ydata())) == 1]
    # Wilson's intervals of 8/10 and 3/4, from the formula with z = 1.959964
    assert spans[0] == pytest.approx([49.016, 94.331], abs=2e-3)
    assert spans[1] == pytest.approx([30.064, 95.441], abs=2e-3)


@pytest.mark.parametrize("seed", range(3))
def test_the_mean_is_the_balanced_accuracy_of_scikit_learn(seed):
    counts = counts_of([40, 90, 7, 12], seed)
    true, predicted = np.nonzero(counts)
    weights = counts[true, predicted]
    expected = 100 * balanced_accuracy_score(np.repeat(true, weights), np.repeat(predicted, weights))
    figure = recall_bars(counts, list("abcd"))
    assert any(f"balanced accuracy {expected:.2f} %" in word for word in words(figure))
    upright = [line for line in figure.axes[0].lines if len(set(line.get_xdata())) == 1 and line.get_marker() != "o"]
    assert [line.get_xdata()[0] for line in upright] == [pytest.approx(expected)]


def test_a_class_without_mistakes_says_so():
    assert words(recall_bars([[5, 0], [1, 3]], ["happy", "sad"])).count("never mistaken") == 1


def test_without_any_image_there_is_no_mean():
    figure = recall_bars([[0, 0], [0, 0]], ["happy", "sad"])
    assert words(figure).count("no images") == 3  # in each row, and at the top
    assert not figure.axes[0].lines


def test_the_same_counts_give_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        save(recall_bars(COUNTS, NAMES), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_counts_and_names_must_agree_on_the_classes():
    with pytest.raises(ValueError, match="2 class names"):
        recall_bars(COUNTS, ["happy", "sad"])
