"""The step of a classifier, by numbers worked out by hand."""

from __future__ import annotations

import io

import pytest
import torch
from torch import nn

from fer_lightning.data.inputs import Batch, InputSpec
from fer_lightning.errors import FerError
from fer_lightning.training.classifier import Classifier

NAMES = ("angry", "happy", "sad")


class Sums(nn.Module):
    """Logits: the image's mean, times 1, 2 and 3."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor([1.0, 2.0, 3.0]))

    def forward(self, x):
        return x.mean(dim=(1, 2, 3))[:, None] * self.scale


def classifier(**spec):
    return Classifier(Sums(), nn.CrossEntropyLoss(), torch.optim.SGD, None, NAMES, InputSpec(size=4, **spec))


def images(*values):
    return torch.stack([torch.full((1, 4, 4), value, dtype=torch.uint8) for value in values])


def test_forward_scales_to_one_then_subtracts_and_divides():
    module = classifier(mean=[0.2], std=[0.5])
    logits = module(images(255, 51))
    torch.testing.assert_close(logits, torch.tensor([[1.6, 3.2, 4.8], [0.0, 0.0, 0.0]]))


def test_float_images_are_counted_from_0_to_255_too():
    module = classifier()
    torch.testing.assert_close(module(images(51).float()), module(images(51)))


def test_logits_are_float32_under_autocast():
    with torch.autocast("cpu", torch.bfloat16):
        assert classifier()(images(3)).dtype is torch.float32


def test_normalisation_travels_in_the_state_dict():
    module, other = classifier(), classifier()
    module.set_normalisation([0.25], [0.75])
    other.load_state_dict(module.state_dict())
    assert (float(other.pixel_mean), float(other.pixel_std)) == (0.25, 0.75)


def test_restriction_keeps_the_models_order_and_matches_by_name():
    module = classifier()
    whole = module(images(200))
    module.restrict_to(["sad", "contempt", "angry"])
    assert module.predicted_classes == ("angry", "sad")
    torch.testing.assert_close(module(images(200)), whole[:, [0, 2]])
    assert module.stage_metrics("test").confusion.shape == (2, 2)


def test_restriction_to_strangers_is_an_error():
    with pytest.raises(FerError, match="angry, happy, sad; the data have smug: none in common"):
        classifier().restrict_to(["smug"])


def test_steps_count_into_their_own_stage():
    module = classifier()
    batch = Batch(images(255, 255, 0), torch.tensor([2, 0, 0]), torch.arange(3))
    module.test_step(batch, 0)
    # a bright image answers `sad` (3 x 1), a black one ties at 0 and the first class wins
    assert module.stage_metrics("test").confusion.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 1]]
    assert int(module.stage_metrics("val").confusion.sum()) == 0


def test_training_loss_is_the_loss_of_the_logits():
    module = classifier()
    loss = module.training_step(Batch(images(255), torch.tensor([1]), torch.tensor([0])), 0)
    exponentials = torch.tensor([1.0, 2.0, 3.0]).exp()
    torch.testing.assert_close(loss, -(exponentials[1] / exponentials.sum()).log())


class Left(nn.Module):
    """Logits: the mean of the left half of the image, of the right half, and 0."""

    def forward(self, x):
        halves = [half.mean(dim=(1, 2, 3)) for half in x.chunk(2, dim=-1)]
        return torch.stack([*halves, torch.zeros(len(x))], dim=1)


@pytest.mark.parametrize("mirror_test", [False, True])
def test_a_mirrored_test_answers_with_the_mean_of_two_probabilities(mirror_test):
    module = Classifier(
        Left(), nn.CrossEntropyLoss(), torch.optim.SGD, None, NAMES, InputSpec(size=4), mirror_test=mirror_test
    )
    image = torch.zeros(1, 1, 4, 4, dtype=torch.uint8)
    image[..., :2] = 255  # logits 1, 0, 0; of the mirror image 0, 1, 0
    e = torch.tensor(1.0).exp()
    plain = torch.stack([e, torch.tensor(1.0), torch.tensor(1.0)]) / (e + 2)
    mean = torch.stack([(e + 1) / 2, (e + 1) / 2, torch.tensor(1.0)]) / (e + 2)
    batch = Batch(image, torch.tensor([1]), torch.tensor([0]))
    expected = mean if mirror_test else plain
    torch.testing.assert_close(module.test_step(batch, 0), expected[None])
    assert module.stage_metrics("test").compute()["loss"] == pytest.approx(-float(expected[1].log()))
    module.validation_step(batch, 0)
    assert module.stage_metrics("val").compute()["loss"] == pytest.approx(-float(plain[1].log()))


def test_a_checkpoint_holds_the_record_as_it_was():
    module = classifier()
    module.record = {"class_names": list(NAMES), "model": {"size": 4}}
    checkpoint = {}
    module.on_save_checkpoint(checkpoint)
    module.record["model"]["size"] = 5
    stream = io.BytesIO()
    torch.save(checkpoint, stream)
    stream.seek(0)
    assert torch.load(stream, weights_only=True)["fer_config"]["model"]["size"] == 4


@pytest.mark.parametrize(
    ("spec", "key"),
    [
        ({"size": 0}, "model.input.size=0"),
        ({"size": 4, "channels": 4}, "model.input.channels=4"),
        ({"size": 4, "mean": [0.5]}, "give both or neither"),
        ({"size": 4, "mean": [0.5, 0.5], "std": [1.0, 1.0]}, "model.input.mean has 2 values for 1 channels"),
    ],
)
def test_impossible_inputs(spec, key):
    with pytest.raises(FerError, match=key):
        InputSpec(**spec)


def test_a_mean_image_is_subtracted_pixel_by_pixel_and_travels_in_the_state_dict():
    module, other = classifier(normalise="mean_image"), classifier(normalise="mean_image")
    mean = torch.arange(16.0).view(1, 4, 4) / 16
    module.set_normalisation(mean, [1.0])
    seen = []
    module.net.register_forward_hook(lambda net, given, out: seen.append(given[0]))
    module(images(51))
    torch.testing.assert_close(seen[0][0], 0.2 - mean)
    other.load_state_dict(module.state_dict())
    assert torch.equal(other.pixel_mean, mean)
