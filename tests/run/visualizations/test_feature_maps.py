from __future__ import annotations

import logging

import numpy as np
import pytest
import torch
from legible import assert_legible, words
from torch import nn

from fer_lightning.errors import FerError
from fer_lightning.nets.cnn import Cnn
from fer_lightning.nets.resnet import ResNet
from fer_lightning.nets.stn_cnn import StnCnn
from fer_lightning.nets.timm_net import TimmNet
from fer_lightning.run.visualizations import forward_hooks as hooks
from fer_lightning.run.visualizations.feature_maps import FeatureMaps


class Known(nn.Module):
    """Map 0 is the image, map 1 is 9 everywhere, map 2 twice the image, map 3 half of it."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Conv2d(1, 4, 1)
        self.maps.weight.data = torch.tensor([1.0, 0.0, 2.0, 0.5])[:, None, None, None]
        self.maps.bias.data = torch.tensor([0.0, 9.0, 0.0, 0.0])
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flat = nn.Flatten()
        self.pair = Pair()
        self.unused = nn.Conv2d(1, 1, 3)

    def forward(self, x):
        self.pair(x)
        return self.flat(self.pool(self.maps(x)))[:, :3]


class Pair(nn.Module):
    def forward(self, x):
        return x, x


def layers_of(figure):
    """The headings of the layers."""
    return [word.split(" (")[0] for word in words(figure) if " (Conv2d" in word]


def test_the_maps_of_most_contrast_are_shown_as_the_layer_gave_them(classifier, tested, monkeypatch):
    monkeypatch.setattr(hooks, "BATCH", 2)
    test = tested([0, 1, 2, 2])
    figure = FeatureMaps(layers=["maps"], maps=3, per_class=1).draw(classifier(Known()), test, "what was tested")
    assert_legible(figure)
    assert "maps (Conv2d): 3 of 4 maps, 8 x 8" in words(figure)
    assert [word for word in words(figure) if word.startswith("map ")] == ["map 2", "map 0", "map 3"] * 3
    rows = [figure.axes[first : first + 4] for first in (0, 4, 8)]
    for face, *maps in rows:
        scaled = (face.images[0].get_array() / 255 - 0.5) / 0.25
        for axes, factor in zip(maps, (2, 1, 0.5), strict=True):
            np.testing.assert_allclose(axes.images[0].get_array(), factor * scaled, atol=1e-5)


@pytest.mark.parametrize(
    ("net", "size", "names"),
    [
        (lambda: Cnn(3, size=32, width=2), 32, ["features.0.0", "features.8.twice.2.0"]),
        (lambda: StnCnn(3, size=32, width=2), 32, ["cnn.features.0.0", "cnn.features.8.twice.2.0"]),
        (lambda: ResNet(3, widths=(4, 8), blocks=(1, 1)), 16, ["features.0.0", "features.3.residual.1"]),
    ],
)
def test_by_default_the_first_and_the_last_convolution_that_describe_the_face(classifier, tested, net, size, names):
    module = classifier(net(), size)
    page = FeatureMaps()
    page.check(module)
    figure = page.draw(module, tested([0, 1, 2], size=size), "")
    found = layers_of(figure)
    assert found == names
    assert_legible(figure)


def test_a_net_of_one_convolution_shows_it_once(classifier, tested):
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3))
    assert layers_of(FeatureMaps().draw(classifier(net), tested([0, 1, 2]), "")) == ["0"]


def test_convolutions_that_give_single_values_are_no_maps(classifier, tested):
    # mobilenet's squeeze-and-excite parts and its head work on 1 x 1
    net = TimmNet(3, "mobilenetv3_small_050", size=32)
    figure = FeatureMaps(maps=1).draw(classifier(net, 32, mean=None, std=None), tested([0], size=32), "")
    assert len(layers_of(figure)) == 2
    assert not any(word.endswith("1 x 1") for word in words(figure))


def test_a_net_without_convolutions_is_left_out_with_a_line(classifier, tested, caplog):
    caplog.set_level(logging.INFO)
    module = classifier(nn.Sequential(nn.Flatten(), nn.Linear(64, 3)))
    page = FeatureMaps()
    page.check(module)
    assert page.draw(module, tested([0, 1, 2]), "") is None
    assert "pages.features: left out, for no convolution of the net gives maps" in caplog.text


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (["mapps"], "the net has no 'mapps'; choose among maps, pool, flat, pair, unused (did you mean maps?)"),
        ([""], "the net has no ''; choose among maps, pool"),
        (["pool.3"], "the net has no 'pool.3'; choose among none"),
        (["flat"], "'flat' gives values of shape (2, 4) for two images, no maps (2, C, H, W); name a convolution"),
        (["maps", "pool"], "'pool' gives values of shape (2, 4, 1, 1) for two images"),
        (["pair"], "'pair' gives a tuple for two images"),
        (["unused"], "'unused' is not asked when the net answers"),
    ],
)
def test_a_wrong_layer_is_refused_before_training(classifier, layers, message):
    with pytest.raises(FerError) as refused:
        FeatureMaps(layers=layers).check(classifier(Known()))
    assert f"pages.features.layers: {message}" in str(refused.value)


@pytest.mark.parametrize(
    ("values", "message"), [({"layers": []}, r"layers=\[\]: name layers"), ({"maps": 0}, "maps=0: choose 1 or more")]
)
def test_values_out_of_range_are_refused(values, message):
    with pytest.raises(FerError, match=rf"pages\.features\.{message}"):
        FeatureMaps(**values)


def test_a_layer_may_be_a_number():
    assert FeatureMaps(layers=[0, 3]).layers == ["0", "3"]  # as YAML reads [0, 3] of an nn.Sequential
