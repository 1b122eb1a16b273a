from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from legible import assert_legible, words
from torch import nn

from fer_lightning.errors import FerError
from fer_lightning.run.visualizations import importance_maps as page_module
from fer_lightning.run.visualizations.importance_maps import ImportanceMaps, compute_importance


class Looks(nn.Module):
    """Class 1 is likelier the brighter the mean of one region; all else of the face is nothing to it."""

    def __init__(self, y, x, side):
        super().__init__()
        self.region = (slice(y, y + side), slice(x, x + side))

    def forward(self, x):
        seen = x[(..., *self.region)].mean(dim=(1, 2, 3))
        return torch.stack([torch.zeros_like(seen), seen, torch.zeros_like(seen)], dim=1)


def blank_of(value):
    return torch.full((1, 8, 8), value, dtype=torch.uint8)


def sigma(logit):
    """The probability of class 1 of three, the others at 0."""
    return math.exp(logit) / (math.exp(logit) + 2)


WHITE = torch.full((1, 8, 8), 255, dtype=torch.uint8)


def test_the_importance_is_exactly_where_the_net_looks(classifier):
    found = compute_importance(classifier(Looks(2, 4, 2)), WHITE, 1, patch=2, step=2, blank=blank_of(0))
    whole, blanked = sigma(2.0), sigma(-2.0)  # (1 - 0.5) / 0.25 and (0 - 0.5) / 0.25
    expected = np.zeros((8, 8))
    expected[2:4, 4:6] = whole - blanked
    np.testing.assert_allclose(found.drop, expected, atol=1e-6)
    assert found.probability == pytest.approx(whole)
    assert found.lowest == pytest.approx(blanked)
    assert found.answer == 1


@pytest.mark.parametrize("batch", [1, 5, 64])
@pytest.mark.parametrize(("patch", "step"), [(3, 1), (3, 2), (3, 3), (5, 4), (1, 1), (8, 2)])
def test_it_is_the_mean_drop_over_the_patches_that_cover_a_pixel(classifier, monkeypatch, patch, step, batch):
    monkeypatch.setattr(page_module, "BATCH", batch)
    torch.manual_seed(0)
    module = classifier(nn.Sequential(nn.Flatten(), nn.Linear(64, 3), nn.Dropout(0.5))).train()
    image = torch.randint(0, 256, (1, 8, 8), dtype=torch.uint8)
    blank = torch.randint(0, 256, (1, 8, 8), dtype=torch.uint8)
    found = compute_importance(module, image, 2, patch, step, blank)
    assert module.training

    def probability(face):
        return float(module.eval()(face[None]).double().softmax(dim=1)[0, 2].detach())

    starts = sorted({*range(0, 8 - patch + 1, step), 8 - patch})
    drops = [[[] for _ in range(8)] for _ in range(8)]
    for top in starts:
        for left in starts:
            face = image.clone()
            covered = [(y, x) for y in range(top, top + patch) for x in range(left, left + patch)]
            for y, x in covered:
                face[0, y, x] = blank[0, y, x]
            for y, x in covered:
                drops[y][x].append(probability(image) - probability(face))
    np.testing.assert_allclose(found.drop, [[np.mean(cell) for cell in row] for row in drops], atol=1e-6)
    assert found.probability == pytest.approx(probability(image))


def test_what_blanking_wins_is_below_zero(classifier):
    found = compute_importance(classifier(Looks(0, 0, 2)), blank_of(0), 1, patch=2, step=2, blank=WHITE)
    assert found.drop[:2, :2].max() < -0.5
    assert found.drop[2:].max() == 0


def test_a_test_on_the_mirror_image_counts(classifier):
    module = classifier(Looks(0, 0, 2), mirror_test=True)
    drop = compute_importance(module, WHITE, 1, patch=2, step=2, blank=blank_of(0)).drop
    assert np.allclose(drop, drop[:, ::-1])
    assert drop[0, 0] == pytest.approx((sigma(2.0) - sigma(-2.0)) / 2)


def page_of(module, tested, **values):
    figure = ImportanceMaps(**values).draw(module, tested, "what was tested")
    assert_legible(figure)
    return figure


def overlays(figure):
    return [axes.images[1].get_array() for axes in figure.axes if len(axes.images) == 2]


def test_the_page_shows_faces_of_every_class_and_their_mean(classifier, tested):
    test = tested([0, 0, 1, 1, 2], correct=[False, True, True, False, False])
    figure = page_of(classifier(Looks(2, 4, 2)), test, per_class=2)
    names = [word for word in words(figure) if word in test.class_names]
    assert names == ["angry", "angry", "happy", "happy", "sad"]
    maps = overlays(figure)
    assert len(maps) == 6
    np.testing.assert_allclose(maps[-1], np.mean(maps[:-1], axis=0), atol=1e-9)
    # in percentage points, and nothing outside of the region and the patches (2 of 8 pixels) that meet it
    assert max(abs(one).max() for one in maps) > 1
    for one in maps:
        outside = one.copy()
        outside[1:5, 3:7] = 0
        assert not outside.any()


def test_a_right_answer_is_preferred_and_a_wrong_one_says_what_it_was_taken_for(classifier, tested):
    module = classifier(Looks(0, 0, 8))
    test = tested([1, 1, 1], correct=[False, False, True])
    shown = page_of(module, test).axes[0].images[0].get_array()
    np.testing.assert_array_equal(shown, test.images(np.array([2]))[0, 0])
    said = words(page_of(classifier(Sure()), tested([1])))
    assert any(word.endswith(" %, taken for sad") for word in said)


class Sure(nn.Module):
    """Answers sad to everything."""

    def forward(self, x):
        return torch.tensor([[0.0, 0.0, 2.0]]).repeat(len(x), 1)


@pytest.mark.parametrize(
    ("fill", "spec", "value"), [("mean", {}, 0.0), ("black", {}, -2.0), ("mean", {"normalise": "mean_image"}, 0.0)]
)
def test_the_patch_is_zero_after_normalisation_or_black(classifier, tested, fill, spec, value):
    seen = []

    class Keeps(Sure):
        def forward(self, x):
            seen.append(x.clone())
            return super().forward(x)

    module = classifier(Keeps(), **({"mean": None, "std": None} | spec if spec else {}))
    if spec:
        module.set_normalisation(torch.rand(1, 8, 8, generator=torch.Generator().manual_seed(0)), [1.0])
    page_of(module, tested([1]), fill=fill, patch=0.25, step=2)
    first = seen[1][0, 0, :2, :2]  # seen[0] is the whole face
    # to the nearest of 256 grey levels
    torch.testing.assert_close(first, torch.full((2, 2), value), atol=0.5 / 255 / 0.25 + 1e-6, rtol=0)
    assert not torch.allclose(seen[1][0, 0, 2:], torch.full((6, 8), value), atol=0.1)


def test_the_page_says_patch_places_and_step(classifier, tested):
    said = " ".join(words(page_of(classifier(Sure()), tested([0]), patch=0.4, fill="black")))
    assert "A patch of 3 x 3 pixels, of 8 x 8, filled with black, stood at 36 places, 1 pixel apart." in said


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"patch": 0.0}, "patch=0.0: choose a share"),
        ({"patch": 1.0}, "patch=1.0: choose a share"),
        ({"patch": 2}, "patch=2: choose a share"),
        ({"patch": float("nan")}, "patch=nan: choose a share"),
        ({"step": 0}, "step=0: choose 1 pixel or more"),
        ({"fill": "gray"}, "fill=gray: choose among mean, black"),
        ({"per_class": 0}, "per_class=0: choose 1 or more"),
    ],
)
def test_values_out_of_range_are_refused_with_the_way_out(values, message):
    with pytest.raises(FerError) as refused:
        ImportanceMaps(**values)
    assert str(refused.value).startswith(f"pages.importance.{message}")


def test_a_step_that_would_leave_gaps_is_refused_before_training(classifier):
    module = classifier(Sure())
    ImportanceMaps(patch=0.25, step=2).check(module)
    with pytest.raises(
        FerError, match=r"pages\.importance\.step=3: a patch of 2 of 8 pixels would leave gaps; choose 1"
    ):
        ImportanceMaps(patch=0.25, step=3).check(module)
