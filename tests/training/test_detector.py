"""The step of a detector: it learns by the losses of its boxes and is measured by its logits."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from fer_lightning.data.inputs import Batch, InputSpec
from fer_lightning.errors import FerError
from fer_lightning.run.build import build_module
from fer_lightning.run.config.compose import compose, to_plain
from fer_lightning.training.detector import Detector
from fer_lightning.training.losses import ProbabilityLoss, WeightedCrossEntropy

NAMES = ("angry", "happy", "sad")
LOGITS = torch.tensor([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]])


class Net(nn.Module):
    """Answers angry and happy; keeps what it was shown."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(3.0))
        self.shown = []

    def forward(self, x):
        return LOGITS

    def losses(self, x, labels):
        self.shown.append((x, labels))
        return {"one": self.scale * 0.5, "other": self.scale * 2}, LOGITS


class Square(nn.Module):
    def forward(self, net):
        return net.scale**2


def detector(loss=None, **options):
    spec = InputSpec(size=4, mean=[0.2], std=[0.5])
    return Detector(Net(), loss or nn.CrossEntropyLoss(), torch.optim.SGD, None, NAMES, spec, **options)


def batch(*labels, votes=None):
    return Batch(torch.full((2, 1, 4, 4), 255, dtype=torch.uint8), torch.tensor(labels), torch.arange(2), votes)


@pytest.mark.parametrize(("options", "expected"), [({}, 7.5), ({"penalty": Square()}, 16.5)])
def test_it_trains_by_the_sum_of_the_nets_losses_and_the_penalty(options, expected):
    module = detector(**options)
    loss = module.training_step(batch(0, 2), 0)
    assert float(loss.detach()) == expected
    loss.backward()
    assert float(module.net.scale.grad) == (8.5 if options else 2.5)


def test_the_net_sees_normalised_images_and_labels():
    module = detector()
    module.training_step(batch(0, 2), 0)
    [(images, labels)] = module.net.shown
    torch.testing.assert_close(images, torch.full((2, 1, 4, 4), 1.6))
    assert labels.tolist() == [0, 2]


def test_training_is_counted_as_validation_is():
    module = detector()
    module.training_step(batch(0, 2), 0)
    module.validation_step(batch(0, 2), 0)
    train, val = (module.stage_metrics(stage) for stage in ("train", "val"))
    assert train.confusion.tolist() == val.confusion.tolist() == [[1, 0, 0], [0, 0, 0], [0, 1, 0]]
    loss = nn.functional.cross_entropy(LOGITS, torch.tensor([0, 2]))
    assert train.compute()["loss"] == val.compute()["loss"] == pytest.approx(float(loss))


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (ProbabilityLoss(2), "ProbabilityLoss"),
        (WeightedCrossEntropy(), "WeightedCrossEntropy"),
        (nn.CrossEntropyLoss(label_smoothing=0.1), "CrossEntropyLoss"),
        (nn.CrossEntropyLoss(weight=torch.ones(3)), "CrossEntropyLoss"),
    ],
)
def test_a_loss_that_would_not_train_is_refused(loss, name):
    with pytest.raises(FerError, match=rf"^loss={name}.*choose loss=cross_entropy"):
        detector(loss)


def test_votes_are_refused():
    with pytest.raises(FerError, match=r"data.label_mode.*\(majority\)"):
        detector().training_step(batch(0, 2, votes=torch.full((2, 3), 1 / 3)), 0)


def test_a_detector_of_the_config_learns_and_keeps_its_weights():
    asked = ["model=faster_rcnn", "model.input.size=32", "model.net.widths=[8,16,16]", "paths.output_dir=x"]
    config = to_plain(compose([*asked, "data.class_names=[angry,happy]"]))
    torch.manual_seed(0)
    one, other = (build_module(config, ["angry", "happy"]) for _ in range(2))
    images = torch.zeros(8, 1, 32, 32, dtype=torch.uint8)
    images[0::2, :, :16] = 255
    images[1::2, :, 16:] = 255
    given = Batch(images, torch.arange(8) % 2, torch.arange(8))
    optimizer = torch.optim.AdamW(one.parameters(), lr=3e-3)
    for _ in range(20):
        loss = one.train().training_step(given, 0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    probabilities = one.eval().test_step(given, 0)
    assert probabilities.argmax(dim=1).tolist() == given.label.tolist()
    other.load_state_dict(one.state_dict())
    assert torch.equal(other.eval().test_step(given, 0), probabilities)
