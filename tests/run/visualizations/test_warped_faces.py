from __future__ import annotations

import logging
import math

import numpy as np
import pytest
import torch
from legible import assert_legible, words
from torch import nn

from fer_lightning.nets.parts.stn import SpatialTransformer
from fer_lightning.run.visualizations import forward_hooks as hooks
from fer_lightning.run.visualizations.warped_faces import WarpedFaces, compute_warps, describe_warp


class Behind(nn.Module):
    """A spatial transformer of this warp for every image, behind a convolution or at once."""

    def __init__(self, theta, channels=1, first=None, **stn):
        super().__init__()
        self.first = first or nn.Identity()
        self.stn = SpatialTransformer(channels, **stn)
        self.stn.affine.bias.data = (torch.tensor(theta) - torch.eye(2, 3)).flatten() / self.stn.step

    def forward(self, x):
        return self.stn(self.first(x)).mean(dim=(2, 3)).repeat(1, 3)[:, :3]


LARGER = [[0.5, 0.0, 0.0], [0.0, 0.5, 0.0]]  # the middle quarter of the face
ASIDE = [[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]  # what lies a quarter of the width to the right


def turned(degrees):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [[c, -s, 0.0], [s, c, 0.0]]


def test_the_faces_are_those_that_the_net_saw_brought_back_to_pixels(classifier, tested, monkeypatch):
    monkeypatch.setattr(hooks, "BATCH", 2)
    module = classifier(Behind(LARGER, padding="zeros"), size=16).train()
    faces = torch.from_numpy(tested([0] * 5, size=16).images(np.arange(5)))
    warp = compute_warps(module, faces)
    assert module.training
    stn, module = module.net.stn, module.eval()
    seen = (faces / 255 - 0.5) / 0.25
    back = stn.warp(seen, stn.theta(seen)) * 0.25 + 0.5
    torch.testing.assert_close(warp.faces.float(), (255 * back.detach()), atol=0.51, rtol=0)
    torch.testing.assert_close(warp.theta, torch.tensor(LARGER).expand(5, 2, 3), atol=1e-5, rtol=0)


def test_what_is_filled_with_zeros_is_drawn_in_the_grey_of_the_mean(classifier, tested):
    module = classifier(Behind([[1.0, 0.0, 4.0], [0.0, 1.0, 0.0]], padding="zeros"))
    assert set(compute_warps(module, torch.from_numpy(tested([0]).images(np.array([0])))).faces.flatten().tolist()) == {
        128
    }


def test_outline_and_words_follow_the_warp(classifier, tested):
    figure = WarpedFaces(per_class=2).draw(classifier(Behind(LARGER)), tested([0, 0, 1]), "what was tested")
    assert_legible(figure)
    assert [word for word in words(figure) if word in ("angry", "happy", "sad")] == ["angry", "angry", "happy"]
    assert words(figure).count("zoom 2.00, 0.0°") == 3
    outline = figure.axes[0].lines[0].get_xydata()
    np.testing.assert_allclose(outline, [[2, 2], [6, 2], [6, 6], [2, 6], [2, 2]], atol=1e-4)
    # each corner goes a quarter of 8 pixels along both sides
    assert f"by {math.sqrt(8):.1f} at most" in " ".join(words(figure))


def test_the_outline_may_leave_the_face(classifier, tested):
    figure = WarpedFaces().draw(classifier(Behind(ASIDE)), tested([0]), "")
    left, right = figure.axes
    np.testing.assert_allclose(left.lines[0].get_xydata()[:2], [[2, 0], [10, 0]], atol=1e-4)
    assert left.get_xlim()[1] > 10
    # output column j is input column j + 2; the border goes on beyond the edge
    face, after = (axes.images[0].get_array() for axes in (left, right))
    np.testing.assert_array_equal(after[:, :6], face[:, 2:])
    np.testing.assert_array_equal(after[:, 6:], face[:, -1:].repeat(2, axis=1))


@pytest.mark.parametrize("size", [None, 5])
def test_a_transformer_of_feature_maps_warps_the_face_likewise(classifier, tested, size):
    first = nn.Sequential(nn.Conv2d(1, 6, 3), nn.MaxPool2d(2))
    module = classifier(Behind(LARGER, channels=6, first=first, out_size=size), size=20)
    warp = compute_warps(module, torch.from_numpy(tested([0, 1], size=20).images(np.arange(2))))
    assert warp.faces.shape == (2, 1, size or 20, size or 20)
    assert WarpedFaces().draw(module, tested([0, 1], size=20), "") is not None


def test_colour_and_a_mean_image(classifier, tested):
    module = classifier(Behind(turned(0), channels=3), channels=3, mean=None, std=None, normalise="mean_image")
    module.set_normalisation(torch.rand(3, 8, 8), [1.0, 1.0, 1.0])
    faces = torch.from_numpy(tested([0, 1], channels=3).images(np.arange(2)))
    torch.testing.assert_close(compute_warps(module, faces).faces, faces)
    assert WarpedFaces().draw(module, tested([0, 1], channels=3), "") is not None


@pytest.mark.parametrize(
    ("theta", "words_"),
    [
        (turned(0), "zoom 1.00, 0.0°"),
        (turned(30), "zoom 1.00, 30.0° left"),
        (turned(-12.34), "zoom 1.00, 12.3° right"),
        (turned(0.01), "zoom 1.00, 0.0°"),
        (LARGER, "zoom 2.00, 0.0°"),
        ([[2.0, 0.0, 0.3], [0.0, 0.5, 0.0]], "zoom 1.00, 0.0°"),
        ([[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]], "no area"),
    ],
)
def test_a_warp_in_words(theta, words_):
    assert describe_warp(np.array(theta)) == words_


def test_a_frame_turned_to_the_right_shows_the_face_turned_to_the_left():
    # a bar above the middle of the face is seen left of it
    stn = Behind(turned(90)).stn
    face = torch.zeros(1, 1, 9, 9)
    face[..., :4, 4] = 1.0
    seen = stn.warp(face, torch.tensor([turned(90)]))
    assert seen[0, 0, 4, :4].min() > 0.99
    assert describe_warp(np.array(turned(90))) == "zoom 1.00, 90.0° left"


def test_a_net_without_a_transformer_is_left_out_with_one_line(classifier, tested, caplog):
    caplog.set_level(logging.INFO)
    module = classifier(nn.Sequential(nn.Flatten(), nn.Linear(64, 3)))
    page = WarpedFaces()
    page.check(module)
    assert page.draw(module, tested([0, 1]), "") is None
    assert [record.message for record in caplog.records] == [
        "pages.warps: left out, for the net has no spatial transformer (model=stn_cnn has one)"
    ]
