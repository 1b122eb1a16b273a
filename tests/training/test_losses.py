"""Covers fer_lightning/training/losses.py and every classifier's file of conf/loss."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hydra.utils import instantiate
from hypothesis import given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf
from torch import nn
from torchvision.ops import sigmoid_focal_loss

from fer_lightning.errors import FerError
from fer_lightning.training.losses import (
    FocalLoss,
    ProbabilityLoss,
    UnsuitableLoss,
    WeightedCrossEntropy,
    check_classification_loss,
)

# softmax of the row (0, ln 3) is (1/4, 3/4)
QUARTERS = torch.tensor([[0.0, math.log(3)]])
COUNTS = torch.tensor([10, 30, 0, 60])
# pixel losses belong to super-resolution
FILES = sorted(f for f in (Path(__file__).parents[2] / "conf" / "loss").glob("*.yaml") if "pixel" not in f.stem)


def fitted(power: float = 1.0, counts: torch.Tensor = COUNTS) -> WeightedCrossEntropy:
    loss = WeightedCrossEntropy(power)
    loss.fit_counts(counts)
    return loss


def batch(n: int = 16, c: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    g = torch.Generator().manual_seed(0)
    return torch.randn(n, c, generator=g) * 3, torch.randint(0, c, (n,), generator=g)


LOSSES = {
    "l1": ProbabilityLoss(1),
    "l2": ProbabilityLoss(2),
    "focal": FocalLoss(2.0),
    "focal_half": FocalLoss(0.5),
    "weighted": fitted(),
}
each_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


@pytest.mark.parametrize(("norm", "label", "expected"), [(1, 0, 3 / 4), (1, 1, 1 / 4), (2, 0, 9 / 16), (2, 1, 1 / 16)])
def test_probability_loss_by_hand(norm, label, expected):
    assert ProbabilityLoss(norm)(QUARTERS, torch.tensor([label])).item() == pytest.approx(expected)


def test_probability_loss_is_torchs_loss_of_the_softmax():
    logits, labels = batch()
    one_hot = F.one_hot(labels, 4).float()
    torch.testing.assert_close(ProbabilityLoss(1)(logits, labels), F.l1_loss(logits.softmax(1), one_hot))
    torch.testing.assert_close(ProbabilityLoss(2)(logits, labels), F.mse_loss(logits.softmax(1), one_hot))


@pytest.mark.parametrize("norm", [1, 2])
def test_a_surely_wrong_answer_costs_two_over_c(norm):
    sure = torch.full((2, 5), -100.0)
    sure[:, 3] = 100.0
    assert ProbabilityLoss(norm)(sure, torch.tensor([0, 4])).item() == pytest.approx(2 / 5)
    assert ProbabilityLoss(norm)(sure, torch.tensor([3, 3])).item() == 0


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(st.lists(st.floats(-50, 50, width=32), min_size=3, max_size=3), min_size=1, max_size=4),
    label=st.integers(0, 2),
    norm=st.sampled_from([1, 2]),
)
def test_probability_loss_stays_in_its_bounds(rows, label, norm):
    value = ProbabilityLoss(norm)(torch.tensor(rows), torch.full((len(rows),), label)).item()
    assert 0 <= value <= 2 / 3 + 1e-6


def test_a_warm_up_blends_cross_entropy_into_the_gap_and_leaves_validation_alone():
    logits, labels = batch()
    entropy, gap = F.cross_entropy(logits, labels), ProbabilityLoss(1)(logits, labels)
    loss = ProbabilityLoss(1, warm_up=4)
    loss.eval()
    torch.testing.assert_close(loss(logits, labels), gap)
    loss.train()
    for share in (0.0, 0.25, 0.5, 0.75, 1.0, 1.0):
        torch.testing.assert_close(loss(logits, labels), (1 - share) * entropy + share * gap)


def test_a_warm_up_goes_on_where_a_checkpoint_left_it():
    logits, labels = batch()
    first, second = ProbabilityLoss(2, warm_up=4), ProbabilityLoss(2, warm_up=4)
    for _ in range(3):
        first(logits, labels)
    second.load_state_dict(first.state_dict())
    assert second(logits, labels) == first(logits, labels)
    assert ProbabilityLoss(2).state_dict() == {}  # checkpoints of before the warm-up fit


def test_a_trial_of_the_loss_advances_no_warm_up():
    loss = ProbabilityLoss(1, warm_up=4)
    check_classification_loss(loss, 4)
    assert loss.training
    assert loss.batches == 0


@pytest.mark.parametrize("option", ["l1", "l2"])
def test_l1_and_l2_differ_in_their_norm_alone(option):
    made, plain = (
        instantiate(OmegaConf.load(FILES[0].with_name(f"{name}.yaml"))) for name in (option, f"{option}_plain")
    )
    assert (made.norm, made.warm_up, plain.norm, plain.warm_up) == (int(option[1]), 500, int(option[1]), 0)


def test_focal_loss_by_hand():
    # p = 3/4: (1 - 3/4)^2 * -ln(3/4)
    assert FocalLoss(2)(QUARTERS, torch.tensor([1])).item() == pytest.approx(-math.log(3 / 4) / 16)
    # votes of one half each: (1/2)(3/4)^2 ln 4 + (1/2)(1/4)^2 ln(4/3)
    votes = torch.tensor([[0.5, 0.5]])
    expected = 0.5 * 9 / 16 * math.log(4) + 0.5 / 16 * math.log(4 / 3)
    assert FocalLoss(2)(QUARTERS, votes).item() == pytest.approx(expected)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0, 5.0])
def test_focal_loss_of_two_classes_is_torchvisions(gamma):
    x, label = torch.linspace(-4, 4, 10), torch.arange(10) % 2
    logits = torch.stack([torch.zeros_like(x), x], dim=1)
    theirs = sigmoid_focal_loss(x, label.float(), alpha=-1, gamma=gamma, reduction="mean")
    torch.testing.assert_close(FocalLoss(gamma)(logits, label), theirs)


def test_focal_loss_with_gamma_0_is_cross_entropy():
    logits, labels = batch()
    torch.testing.assert_close(FocalLoss(0)(logits, labels), F.cross_entropy(logits, labels))


def test_class_weights_by_hand():
    # 1/count = 1/10, 1/30, 0, 1/60; times the counts each class makes 1, three in all for 100 images: * 100/3
    torch.testing.assert_close(fitted().weight, torch.tensor([10 / 3, 10 / 9, 0.0, 5 / 9]))
    torch.testing.assert_close(fitted(power=0).weight, torch.tensor([1.0, 1.0, 0.0, 1.0]))


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0])
def test_class_weights_average_1_over_the_training_images(power):
    weight = fitted(power).weight
    assert (weight * COUNTS).sum().item() / COUNTS.sum().item() == pytest.approx(1)


def test_weighted_cross_entropy_against_torchs():
    logits, labels = batch()
    loss = fitted()
    each = F.cross_entropy(logits, labels, reduction="none")
    torch.testing.assert_close(loss(logits, labels), (loss.weight[labels] * each).mean())
    # equal counts: the plain loss
    torch.testing.assert_close(fitted(counts=torch.full((4,), 9))(logits, labels), F.cross_entropy(logits, labels))


def test_an_image_of_a_class_without_training_images_adds_nothing():
    assert fitted()(torch.randn(3, 4), torch.tensor([2, 2, 2])).item() == 0


def test_weighted_says_that_it_is_not_fitted():
    with pytest.raises(FerError, match="fit_counts"):
        WeightedCrossEntropy()(*batch())
    with pytest.raises(FerError, match="fit_counts"):
        check_classification_loss(WeightedCrossEntropy(), 4)


@pytest.mark.parametrize("counts", [[0, 0], [3, -1], [[1, 2]]])
def test_impossible_counts(counts):
    with pytest.raises(FerError, match="loss=weighted needs how many"):
        WeightedCrossEntropy().fit_counts(torch.tensor(counts))


def test_class_weights_travel_in_the_checkpoint(tmp_path):
    torch.save(nn.ModuleDict({"loss": fitted()}).state_dict(), tmp_path / "x.ckpt")
    saved = torch.load(tmp_path / "x.ckpt", weights_only=True)
    fresh = nn.ModuleDict({"loss": WeightedCrossEntropy()})
    fresh.load_state_dict(saved)
    torch.testing.assert_close(fresh["loss"].weight, fitted().weight)
    other = nn.ModuleDict({"loss": fitted(counts=torch.tensor([1, 2]))})
    with pytest.raises(RuntimeError, match="size mismatch"):
        other.load_state_dict(saved)


@each_loss
def test_one_hot_votes_equal_labels(loss):
    logits, labels = batch()
    torch.testing.assert_close(loss(logits, F.one_hot(labels, 4).float()), loss(logits, labels))


@each_loss
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_logits_are_computed_in_float32(loss, dtype):
    logits, labels = batch()
    value = loss(logits.to(dtype), labels)
    assert value.dtype is torch.float32
    torch.testing.assert_close(value, loss(logits.to(dtype).float(), labels), rtol=0, atol=0)


@each_loss
@pytest.mark.parametrize("soft", [False, True])
def test_autocast_changes_nothing(loss, soft):
    logits, labels = batch()
    target = F.one_hot(labels, 4).float() if soft else labels
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(logits, target)
    assert value.dtype is torch.float32
    torch.testing.assert_close(value, loss(logits, target), rtol=0, atol=0)


@each_loss
def test_gradient_lifts_the_true_class(loss):
    logits = torch.zeros(1, 4, requires_grad=True)
    loss(logits, torch.tensor([1])).backward()
    assert logits.grad[0, 1] < 0
    assert (logits.grad[0, [0, 2, 3]] > 0).all()
    assert logits.grad.sum().item() == pytest.approx(0, abs=1e-6)


@each_loss
def test_gradient_is_finite_at_extreme_logits(loss):
    logits = torch.tensor([[200.0, -200, 0, 0], [-200, 200, 0, 0], [0, 0, 0, 0]], requires_grad=True)
    loss(logits, torch.tensor([0, 0, 1])).backward()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: ProbabilityLoss(3), "loss.norm=3"),
        (lambda: ProbabilityLoss(1, warm_up=-1), "loss.warm_up=-1"),
        (lambda: FocalLoss(-1), "loss.gamma=-1"),
        (lambda: WeightedCrossEntropy(-0.5), "loss.power=-0.5"),
    ],
)
def test_impossible_values(make, key):
    with pytest.raises(FerError, match=key):
        make()


@pytest.mark.filterwarnings("error")  # the probe keeps torch's warning about unlike sizes to itself
@pytest.mark.parametrize("num_classes", [2, 3, 4, 7, 8])
@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.L1Loss(), nn.SmoothL1Loss(), nn.BCEWithLogitsLoss(), nn.CTCLoss()])
def test_a_loss_of_the_wrong_task_is_found_at_any_class_count(loss, num_classes):
    with pytest.raises(UnsuitableLoss) as error:
        check_classification_loss(loss, num_classes)
    assert str(error.value).startswith(
        f"{type(loss).__name__} does not compare logits (N, C) with class labels (N,), and this model classifies ("
    )


@pytest.mark.parametrize("value", [torch.tensor(math.nan), torch.zeros(8), 3.0])
def test_a_loss_must_give_one_finite_number(value):
    class Odd(nn.Module):
        def forward(self, logits, target):
            return value

    with pytest.raises(FerError, match="instead of one finite number"):
        check_classification_loss(Odd(), 7)


def test_weights_for_another_class_count_are_found():
    with pytest.raises(UnsuitableLoss, match="WeightedCrossEntropy does not compare"):
        check_classification_loss(fitted(), 7)


@pytest.mark.parametrize("file", FILES, ids=lambda f: f.stem)
@pytest.mark.parametrize("num_classes", [2, 7])
def test_every_loss_of_conf_fits_a_classifier(file, num_classes):
    loss = instantiate(OmegaConf.load(file))
    if isinstance(loss, WeightedCrossEntropy):
        loss.fit_counts(torch.arange(1, num_classes + 1))
    random_state = torch.get_rng_state()
    check_classification_loss(loss, num_classes)
    assert torch.equal(torch.get_rng_state(), random_state)
