"""What a model may ask of its images."""

from __future__ import annotations

import pytest

from fer_lightning.data.inputs import InputSpec
from fer_lightning.errors import FerError


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"size": 0}, r"model\.input\.size=0: choose a side of at least 1"),
        ({"size": 48, "channels": 2}, r"model\.input\.channels=2: choose 1 \(grey\) or 3"),
        ({"size": 48, "mean": [0.5]}, r"mean and model\.input\.std: give both or neither"),
        ({"size": 48, "std": [0.5]}, r"mean and model\.input\.std: give both or neither"),
        ({"size": 48, "mean": [0.5] * 3, "std": [0.2]}, r"model\.input\.mean has 3 values for 1 channels"),
        (
            {"size": 48, "normalise": "image"},
            r"model\.input\.normalise=image: choose among standard, mean, mean_image",
        ),
        (
            {"size": 48, "normalise": "mean", "mean": [0.5], "std": [1.0]},
            r"model\.input\.normalise=mean learns a mean: leave model\.input\.mean and std null",
        ),
        ({"size": 48, "channels": 3, "mean": [0.5] * 3, "std": [0.2]}, r"model\.input\.std has 1 values for 3"),
    ],
)
def test_an_impossible_input_is_refused(wrong, message):
    with pytest.raises(FerError, match=message):
        InputSpec(**wrong)


def test_the_default_is_grey_without_statistics():
    spec = InputSpec(48)
    assert (spec.channels, spec.illumination, spec.mean, spec.std) == (1, "none", None, None)
    assert spec.normalise == "standard"


def test_colour_with_its_three_means_is_taken():
    assert InputSpec(224, 3, mean=[0.1, 0.2, 0.3], std=[1, 1, 1]).mean == [0.1, 0.2, 0.3]
