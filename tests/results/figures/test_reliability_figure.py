from __future__ import annotations

import numpy as np
import pytest
import torch
from legible import assert_legible, words
from matplotlib.patches import Rectangle
from torchmetrics.classification import BinaryCalibrationError, MulticlassCalibrationError

from fer_lightning.results.figures.layout import save
from fer_lightning.results.figures.reliability import binned, calibration_error, reliability_diagram


def probabilities(total: int, classes: int, sharpness: float, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    logits = sharpness * torch.randn((total, classes), generator=random)
    return logits.softmax(dim=1), torch.randint(classes, (total,), generator=random)


@pytest.mark.parametrize("bins", [1, 2, 10, 15, 20])
@pytest.mark.parametrize(("total", "classes", "sharpness"), [(1, 2, 1), (3589, 7, 2), (500, 8, 40), (2000, 2, 9)])
def test_the_error_is_that_of_torchmetrics(bins, total, classes, sharpness):
    spread, labels = probabilities(total, classes, sharpness, seed=bins)
    expected = MulticlassCalibrationError(classes, n_bins=bins, norm="l1")(spread, labels).item()
    confidence, predicted = spread.max(dim=1)
    ours = calibration_error(confidence.numpy(), (predicted == labels).numpy(), bins)
    assert ours == pytest.approx(expected, abs=1e-5)  # torchmetrics adds in float32


@pytest.mark.parametrize("bins", [2, 10, 15])
def test_a_confidence_on_an_edge_is_in_the_bin_that_torchmetrics_puts_it_in(bins):
    edges = torch.linspace(0, 1, bins + 1)
    # without fused instructions torch rounds the edge at 12/15 otherwise
    on_edges = edges[[i for i in range(bins + 1) if (bins, i) != (15, 12)]]
    for confidence in on_edges:
        # a hair below falls out of the bin, and the error changes, wherever the edges are not the same
        pair = torch.stack([confidence, torch.nextafter(confidence, torch.tensor(0.0))])
        target = torch.tensor([1, 0])
        expected = BinaryCalibrationError(n_bins=bins)(pair, target).item()
        assert calibration_error(pair.numpy(), target.bool().numpy(), bins) == pytest.approx(expected, abs=1e-6)
    assert binned(edges.numpy(), np.ones(bins + 1, dtype=bool), bins).images.tolist() == [1] * (bins + 1)


def test_bins_by_hand():
    confidence = np.array([0.0, 0.49, 0.5, 0.75, 1.0, 1.0], dtype=np.float32)
    correct = np.array([False, True, True, False, True, False])
    images, right, sure = binned(confidence, correct, 2)
    assert images.tolist() == [2, 2, 2]  # below 0.5, below 1, and 1 itself
    assert right.tolist() == [1, 1, 1]
    assert sure == pytest.approx([0.49, 1.25, 2.0])
    # |1 - 0.49| + |1 - 1.25| + |1 - 2|, over six images
    assert calibration_error(confidence, correct, 2) == pytest.approx(1.76 / 6)


def test_dots_intervals_and_counts_say_what_the_bins_hold():
    # bin 0.8..0.9: eight of ten right; bin 0.9..1, with 1 itself: three of four; the others are empty
    confidence = [0.84] * 5 + [0.86] * 5 + [0.92, 0.96, 1.0, 1.0]
    correct = [True] * 8 + [False] * 2 + [True, True, True, False]
    figure = reliability_diagram(confidence, correct, bins=10, subtitle="what was tested")
    diagram, histogram = figure.axes
    dots = [tuple(line.get_xydata()[0]) for line in diagram.lines if line.get_marker() == "o"]
    assert dots == [pytest.approx((85, 80), abs=1e-4), pytest.approx((97, 75), abs=1e-4)]
    spans = [line.get_ydata() for line in diagram.lines if line.get_marker() != "o"][1:]
    # Wilson's intervals of 8/10 and 3/4, from the formula with z = 1.959964
    assert spans[0] == pytest.approx([49.016, 94.331], abs=2e-3)
    assert spans[1] == pytest.approx([30.064, 95.441], abs=2e-3)
    bars = [patch for patch in histogram.patches if isinstance(patch, Rectangle)]
    assert [bar.get_height() for bar in bars] == [10, 4]
    assert [(bar.get_x() + bar.get_width() / 2) for bar in bars] == pytest.approx([85, 95])
    assert {"10", "4", "what was tested"} <= set(words(figure))
    # |8 - 8.5| + |2 - 1.88| below 1, |1 - 2| at 1; 14 images
    assert "ECE 11.57 % · mean confidence 88.43 % · accuracy 78.57 % · N = 14" in words(figure)


def test_the_diagonal_is_drawn_from_corner_to_corner():
    diagonal = reliability_diagram([0.5], [True]).axes[0].lines[0]
    assert diagonal.get_xydata().tolist() == [[0, 0], [100, 100]]


@pytest.mark.parametrize(
    ("total", "bins"),
    [(0, 15), (1, 1), (1, 60), (3, 15), (40, 60), (3589, 15), (3589, 60), (1_000_000, 1), (1_000_000, 60)],
)
def test_the_diagram_is_legible(total, bins):
    random = np.random.default_rng(0)
    confidence = random.uniform(0, 1, total) ** 0.5
    figure = reliability_diagram(confidence, random.random(total) < confidence, bins, "what was tested " * 9)
    assert_legible(figure)
    assert ("no images" in words(figure)) == (total == 0)


def test_every_image_at_either_end_is_legible():
    assert_legible(reliability_diagram(np.ones(300), np.ones(300)))
    assert_legible(reliability_diagram(np.zeros(300), np.zeros(300)))


@pytest.mark.parametrize("wrong", [float("nan"), -0.1, 1.1])
def test_what_is_no_probability_is_refused(wrong):
    with pytest.raises(ValueError, match="NaN, below 0 or above 1"):
        reliability_diagram([0.5, wrong], [True, False])


def test_confidence_and_correct_must_agree():
    with pytest.raises(ValueError, match=r"confidence of shape \(2,\), correct of shape \(1,\)"):
        reliability_diagram([0.5, 0.5], [True])


def test_the_same_images_give_the_same_bytes(tmp_path):
    random = np.random.default_rng(0).random(400)
    for name in ("one.png", "two.png"):
        save(reliability_diagram(random, random > 0.4), tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()
