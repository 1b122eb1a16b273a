from __future__ import annotations

import numpy as np
import pytest
from legible import LONG, assert_legible, words

from fer_lightning.results.figures.layout import save
from fer_lightning.results.figures.misclassified import misclassified_faces

TRUE = np.array([0, 1, 2, 0, 1, 2])
PREDICTED = np.array([1, 1, 0, 2, 0, 2])
CONFIDENCE = np.array([0.5, 0.99, 0.7, 0.9, 0.7, 0.6], dtype=np.float32)
IDS = ["zero", "one", "two", "three", "four", "five"]
NAMES = ["angry", "happy", "sad"]


def grey(levels: int) -> np.ndarray:
    """Image i is all i."""
    return np.arange(levels, dtype=np.uint8)[:, None, None].repeat(48, 1).repeat(48, 2)


def shown(figure) -> list[int]:
    """Which images, in order."""
    return [int(axes.images[0].get_array()[0, 0]) for axes in figure.axes]


def test_the_surest_mistake_comes_first_and_equal_ones_keep_their_order():
    figure = misclassified_faces(grey(6), TRUE, PREDICTED, CONFIDENCE, IDS, NAMES, "what was tested")
    assert shown(figure) == [3, 2, 4, 0]
    captions = [word for word in words(figure) if word.endswith((" for", "%")) or word in IDS]
    assert captions == [
        *("angry, taken for", "sad 90.0 %", "three"),
        *("sad, taken for", "angry 70.0 %", "two"),
        *("happy, taken for", "angry 70.0 %", "four"),
        *("angry, taken for", "happy 50.0 %", "zero"),
    ]
    assert "4 of 6 images taken for another class (66.67 %)" in words(figure)


def test_a_function_is_asked_once_for_the_shown_faces_alone(tmp_path):
    asked = []

    def faces(rows):
        asked.append(rows.tolist())
        return grey(6)[rows]

    save(misclassified_faces(faces, TRUE, PREDICTED, CONFIDENCE, IDS, NAMES, limit=2), tmp_path / "asked.png")
    save(misclassified_faces(grey(6), TRUE, PREDICTED, CONFIDENCE, IDS, NAMES, limit=2), tmp_path / "given.png")
    assert asked == [[3, 2]]
    assert (tmp_path / "asked.png").read_bytes() == (tmp_path / "given.png").read_bytes()
    misclassified_faces(faces, TRUE, TRUE, CONFIDENCE, IDS, NAMES)
    assert len(asked) == 1  # without a mistake there is nothing to show


def test_the_limit_keeps_the_surest():
    figure = misclassified_faces(grey(6), TRUE, PREDICTED, CONFIDENCE, IDS, NAMES, limit=2)
    assert shown(figure) == [3, 2]
    assert "the 2 surest of them" in " ".join(words(figure))


@pytest.mark.parametrize(
    ("total", "said"), [(3, "None of the 3 images was taken for another class."), (0, "no images")]
)
def test_no_mistake_is_said_in_a_sentence(total, said):
    figure = misclassified_faces(
        grey(total), TRUE[:total], TRUE[:total], CONFIDENCE[:total], IDS[:total], NAMES, "tested " * 20
    )
    assert_legible(figure)
    assert said in words(figure)
    assert not figure.axes


@pytest.mark.parametrize(("shape", "total"), [((48, 48), 1), ((224, 224), 2), ((48, 48, 3), 2), ((112, 96, 3), 40)])
def test_long_names_and_ids_leave_the_confidence_in_sight(shape, total):
    images, true = np.zeros((total, *shape), dtype=np.uint8), np.arange(total) % 10
    ids = [f"folder of faces/subject {i}/image_{i:06d}.png" for i in range(total)]
    figure = misclassified_faces(images, true, (true + 1) % 10, np.ones(total), ids, LONG, "what was tested " * 9)
    assert_legible(figure)
    assert sum(word.endswith(" 100.0 %") for word in words(figure)) == min(total, 32)
    assert sum(word.endswith(", taken for") for word in words(figure)) == min(total, 32)


def test_the_same_mistakes_give_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        save(misclassified_faces(grey(6), TRUE, PREDICTED, np.full(6, 0.5), IDS, NAMES), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_columns_must_agree():
    with pytest.raises(ValueError, match=r"6 labels; predictions, confidences, ids and images: \[6, 6, 5, 6\]"):
        misclassified_faces(grey(6), TRUE, PREDICTED, CONFIDENCE, IDS[:5], NAMES)
