"""Covers fer_lightning/training/views.py, and the tests and predictions that answer by them."""

from __future__ import annotations

import logging

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from fer_lightning.data.inputs import Batch, InputSpec
from fer_lightning.errors import FerError
from fer_lightning.training.classifier import Classifier
from fer_lightning.training.views import Views

NAMES = ("angry", "happy", "sad")


class Corner(nn.Module):
    """Logits: the mean of the upper left quarter, of the upper right one, and 0."""

    def forward(self, x):
        upper = x[:, :, : x.shape[2] // 2]
        halves = [half.mean(dim=(1, 2, 3)) for half in upper.chunk(2, dim=-1)]
        return torch.stack([*halves, torch.zeros(len(x))], dim=1)


def classifier(**options) -> Classifier:
    return Classifier(Corner(), nn.CrossEntropyLoss(), torch.optim.SGD, None, NAMES, InputSpec(size=8), **options)


@pytest.fixture
def images():
    return torch.from_numpy(np.random.default_rng(0).integers(0, 200, (3, 1, 8, 8), dtype=np.uint8))


def test_without_a_name_the_image_is_the_only_view(images):
    assert [view is images for view in Views((), 8)(images)] == [True]


def test_ten_crops_are_the_corners_and_the_centre_enlarged_and_mirrored(images):
    views = Views(["ten_crops"], 8, crop_size=8)(images)
    assert len(views) == 10
    assert all(torch.equal(view, images.float()) for view in views[:5])
    assert all(torch.equal(view, images.flip(-1).float()) for view in views[5:])
    views = Views(["ten_crops"], 8, crop_size=4)(images)
    assert {tuple(view.shape) for view in views} == {(3, 1, 8, 8)}
    upper_left, centre = images[:, :, :4, :4].numpy(), images[:, :, 2:6, 2:6].numpy()
    for view, crop in ((views[0], upper_left), (views[4], centre)):
        expected = [cv2.resize(one[0].astype(np.float32), (8, 8), interpolation=cv2.INTER_LINEAR) for one in crop]
        np.testing.assert_allclose(view[:, 0].numpy(), np.stack(expected), atol=1e-3)


def test_the_crops_of_48_pixels_are_44():
    assert Views(["ten_crops"], 48).crop_size == 44


def test_equalized_views_come_beside_the_others():
    dull = torch.from_numpy(np.random.default_rng(0).integers(100, 120, (2, 1, 48, 48), dtype=np.uint8))
    plain, mirrored, equalized, both = Views(["mirror", "equalized"], 48)(dull)
    assert plain is dull
    assert torch.equal(mirrored, dull.flip(-1))
    assert equalized.amax() - equalized.amin() > 240
    assert torch.equal(both, equalized.flip(-1))


@pytest.mark.parametrize("views", [["mirror"], ["ten_crops"], ["ten_crops", "equalized"]])
def test_a_test_and_a_prediction_answer_with_the_mean_and_validation_with_the_image_alone(images, views):
    module, plain = classifier(views=views), classifier()
    expected = torch.stack([plain(view).softmax(dim=1) for view in module.views(images)]).mean(dim=0)
    batch = Batch(images, torch.tensor([0, 1, 2]), torch.arange(3))
    torch.testing.assert_close(module.test_step(batch, 0), expected)
    torch.testing.assert_close(module.scores(images).softmax(dim=1), expected)
    for one in (module, plain):
        one.validation_step(batch, 0)
    assert module.compute_metrics("val") == pytest.approx(plain.compute_metrics("val"), nan_ok=True)


def test_mirror_test_is_an_alias_that_says_so(caplog):
    caplog.set_level(logging.INFO)
    assert classifier(mirror_test=True).views.names == ("mirror",)
    assert caplog.messages == ["model.mirror_test=true is an older name of model.views=[mirror]"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"views": ["mirrored"]}, r"model\.views=\[mirrored\]: choose among mirror, ten_crops, equalized"),
        ({"views": "mirror"}, r"model\.views=.*in a list"),
        ({"views": ["mirror", "mirror"]}, "name each once"),
        ({"views": ["mirror", "ten_crops"]}, "mirrored already; leave mirror out"),
        ({"views": ["ten_crops"], "crop_size": 9}, r"model\.crop_size=9: choose 1 to model\.input\.size=8"),
        ({"crop_size": 4}, r"model\.crop_size=4: it is the side of the crops of model\.views=\[ten_crops\]"),
        ({"views": ["mirror"], "mirror_test": True}, r"model\.mirror_test=true .* leave it false"),
    ],
)
def test_views_that_do_not_go_together(options, message):
    with pytest.raises(FerError, match=message):
        classifier(**options)
