from __future__ import annotations

import math
from itertools import cycle

import numpy as np
import pytest
from legible import assert_legible, texts, words
from matplotlib.colors import to_hex

from fer_lightning.results.figures.curves import learning_curves
from fer_lightning.results.figures.layout import save
from fer_lightning.results.style import TRAIN, VAL

THREE = [
    {"epoch": 0, "train/loss": 2.0, "val/loss": 1.5, "train/accuracy": 0.25, "val/accuracy": 0.5, "lr": 0.1},
    {"epoch": 1, "train/loss": 1.0, "val/loss": 1.25, "train/accuracy": 0.5, "val/accuracy": 0.75, "lr": 0.1},
    {"epoch": 2, "train/loss": 0.5, "val/loss": 1.75, "train/accuracy": 0.875, "val/accuracy": 0.625, "lr": 0.1},
]


def rows(total: int, first: int = 0, scale: float = 1.0) -> list[dict[str, float]]:
    random = np.random.default_rng(0)
    return [
        {
            "epoch": epoch,
            **{f"{stage}/loss": scale * (3 / (epoch + 2) + random.random()) for stage in ("train", "val")},
            **{f"{stage}/accuracy": 1 - random.random() / (epoch + 1) for stage in ("train", "val")},
            **{f"val/{name}": random.random() for name in ("macro_f1", "ece", "recall/very happy")},
        }
        for epoch in range(first, first + total)
    ]


def drawn(figure, panel: int) -> dict[str, np.ndarray]:
    """Colour to points of each curve in a panel, without the chosen epoch's line and dot."""
    lines = [line for line in figure.axes[panel].lines if to_hex(line.get_color()) in (TRAIN, VAL)]
    return {to_hex(line.get_color()): line.get_xydata() for line in reversed(lines)}  # the dot is drawn after its curve


def test_panels_show_the_logged_values_over_epochs_from_one():
    figure = learning_curves(THREE, "val/accuracy", "max", None, "what was trained")
    assert len(figure.axes) == 2
    assert drawn(figure, 0)[TRAIN].tolist() == [[1, 2.0], [2, 1.0], [3, 0.5]]
    assert drawn(figure, 0)[VAL].tolist() == [[1, 1.5], [2, 1.25], [3, 1.75]]
    assert drawn(figure, 1)[TRAIN].tolist() == [[1, 25], [2, 50], [3, 87.5]]
    assert drawn(figure, 1)[VAL].tolist() == [[1, 50], [2, 75], [3, 62.5]]
    assert {"loss", "accuracy (%)", "what was trained", "3 epochs, none chosen"} <= set(words(figure))


@pytest.mark.parametrize(
    ("monitor", "mode", "best", "said", "labels"),
    [
        ("val/accuracy", "max", 1, "highest val/accuracy: 75.00 %", ["epoch 2: 1.250", "epoch 2: 75.0 %"]),
        ("val/loss", "min", 1, "lowest val/loss: 1.25", ["epoch 2: 1.250", "epoch 2: 75.0 %"]),
        ("train/loss", "min", 2, "lowest train/loss: 0.5", ["epoch 3: 0.500", "epoch 3: 62.5 %"]),
    ],
)
def test_the_chosen_epoch_is_marked_with_what_it_reached(monitor, mode, best, said, labels):
    figure = learning_curves(THREE, monitor, mode, best)
    assert f"epoch {best + 1} of 3, chosen by the {said}" in words(figure)
    assert [word for word in words(figure) if word.startswith(f"epoch {best + 1}:")] == labels
    for axes in figure.axes:
        assert any(np.all(np.asarray(line.get_xdata()) == best + 1) for line in axes.lines)


@pytest.mark.parametrize(
    ("monitor", "name"),
    [
        ("val/macro_f1", "macro-F1 (%)"),
        ("val/ece", "calibration error (%)"),
        ("val/recall/very happy", "recall/very happy (%)"),
    ],
)
def test_another_monitor_has_a_panel_of_its_own(monitor, name):
    figure = learning_curves(logged := rows(3), monitor, "max", 2)
    assert len(figure.axes) == 3
    assert name in words(figure)
    assert drawn(figure, 2)[VAL][:, 1] == pytest.approx([100 * row[monitor] for row in logged])


@pytest.mark.parametrize("gap", [{}, {"val/loss": math.nan}, {"val/loss": math.inf}])
def test_what_is_not_there_is_left_out(gap):
    logged = [THREE[0], {"epoch": 1, "train/loss": 1.0, **gap}, THREE[2]]
    figure = learning_curves(logged, "val/loss", "min", 1)
    assert drawn(figure, 0)[VAL].tolist() == [[1, 1.5], [3, 1.75]]
    assert len(drawn(figure, 0)[TRAIN]) == 3
    assert "epoch 2 of 3, chosen by the lowest val/loss" in words(figure)  # without a value that nobody knows


@pytest.mark.parametrize(("best", "span"), [(None, (701, 725)), (710, (701, 725)), (3, (4, 725))])
def test_the_scale_reaches_from_the_first_to_the_last_epoch_and_to_the_chosen_one(best, span):
    figure = learning_curves(rows(25, first=700), "val/loss", "min", best)
    assert {axes.get_xlim() for axes in figure.axes} == {span}


def test_one_epoch_is_a_dot():
    figure = learning_curves(THREE[:1], "val/accuracy", "max", 0)
    for axes in figure.axes:
        dots = [line for line in axes.lines if to_hex(line.get_color()) in (TRAIN, VAL)]
        assert all(line.get_marker() == "o" for line in dots)
        assert axes.get_xlim()[0] < 1 < axes.get_xlim()[1]


def test_a_label_stands_beside_the_end_of_its_curve():
    figure = learning_curves(THREE, "val/accuracy", "max", 1)
    figure.canvas.draw()
    for panel, axes in enumerate(figure.axes):
        for name, colour in (("train", TRAIN), ("val", VAL)):
            label = next(t for t in axes.texts if t.get_text() == name)
            assert label.get_color() == colour
            end = axes.transData.transform(drawn(figure, panel)[colour][-1])
            box = label.get_window_extent()
            assert 0 < (box.x0 - end[0]) / figure.dpi < 0.2  # inches
            assert abs((box.y0 + box.y1) / 2 - end[1]) / figure.dpi < 0.03


HARD = {
    "one": (rows(1), "val/accuracy", 0),
    "two": (rows(2), "val/ece", 0),
    "36": (rows(36), "val/macro_f1", 0),
    "300": (rows(300), "val/loss", 299),
    "20000": (rows(20000), "val/loss", 10400),
    "resumed": (rows(25, first=700), "val/accuracy", 724),
    "chosen before the resume": (rows(25, first=700), "val/accuracy", 3),
    "huge": (rows(12, scale=1e9), "val/loss", 11),
    "tiny": (rows(12, scale=1e-7), "val/loss", 0),
    "still": (
        [{"epoch": e} | {f"{s}/{m}": 1.0 for s in ("train", "val") for m in ("loss", "accuracy")} for e in range(9)],
    )
    + ("val/accuracy", 8),
    "zero": (
        [{"epoch": e} | {f"{s}/{m}": 0.0 for s in ("train", "val") for m in ("loss", "accuracy")} for e in range(9)],
    )
    + ("val/accuracy", 0),
    "nan": ([{"epoch": e, "train/loss": math.nan, "val/accuracy": math.nan} for e in range(9)], "val/accuracy", 4),
    "nothing logged": ([{"epoch": 0}], "val/loss", None),
    "no epoch": ([], "val/loss", None),
    "long monitor": ([row | {f"val/{'very ' * 12}long $x": 0.5} for row in THREE], f"val/{'very ' * 12}long $x", 1),
    "no stage": ([row | {"train/distance_to_the_centre_x": 3.0, "distance_to_the_centre_x": 3.0} for row in THREE],)
    + ("distance_to_the_centre_x", 2),
}


@pytest.mark.parametrize(("case", "mode"), list(zip(HARD, cycle(["max", "min"]))))
def test_curves_are_legible(case, mode):
    logged, monitor, best = HARD[case]
    figure = learning_curves(logged, monitor, mode, best, "what was trained " * 9)
    assert_legible(figure)
    assert all(text.get_fontsize() >= 8 for text in texts(figure))


def test_the_same_epochs_give_the_same_bytes(tmp_path):
    for name in ("one.png", "two.png"):
        save(learning_curves(rows(36), "val/accuracy", "max", 20), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
