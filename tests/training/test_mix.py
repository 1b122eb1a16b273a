"""Covers fer_lightning/training/callbacks/mix.py: what is mixed, when, and what can learn from it."""

from __future__ import annotations

import pytest
import torch
from support import TINY
from torch import nn

from fer_lightning.data.inputs import SEVERAL, Batch
from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit
from fer_lightning.training.callbacks.mix import Mix
from fer_lightning.training.losses import UnsuitableLoss, check_classification_loss

MIXUP, CUTMIX = {"cutmix_alpha": 0.0}, {"mixup_alpha": 0.0}


def batch() -> Batch:
    """Six images, each of one value: its number."""
    numbers = torch.arange(6)
    return Batch(numbers.float().view(6, 1, 1, 1).expand(6, 1, 8, 8).clone(), numbers % 3, numbers)


@pytest.mark.parametrize("options", [MIXUP, CUTMIX], ids=["mixup", "cutmix"])
def test_shares_say_how_much_of_each_image_is_seen(options):
    torch.manual_seed(0)
    mix = Mix(3, prob=1.0, **options)
    for _ in range(20):
        changed = mix(batch())
        pixels = changed.image.flatten(1)
        for number in range(6):
            own, other = number % 3, (number - 1) % 3
            partner = float((number - 1) % 6)
            seen = ((pixels[number] - partner) / (number - partner)).mean()  # 1 for the image itself, 0 for its partner
            assert float(changed.votes[number, own]) == pytest.approx(float(seen), abs=1e-5)
            assert float(changed.votes[number, other]) == pytest.approx(1 - float(seen), abs=1e-5)
            assert int(changed.label[number]) == (own if seen > 0.5 else other)
        assert changed.row.tolist() == [SEVERAL] * 6


def test_votes_are_mixed_as_labels_are():
    votes = torch.tensor([[0.6, 0.4, 0.0], [0.0, 0.2, 0.8]]).repeat(3, 1)
    torch.manual_seed(0)
    changed = Mix(3, prob=1.0, **MIXUP)(batch()._replace(votes=votes))
    assert torch.allclose(changed.votes.sum(dim=1), torch.ones(6))
    assert not torch.equal(changed.votes, votes)


def test_both_take_turns_and_a_part_of_the_batches_stays_whole():
    torch.manual_seed(0)
    mix, found = Mix(3, prob=0.6, switch_prob=0.5), []
    for _ in range(200):
        image = mix(batch()).image.flatten(1)
        whole = torch.equal(image, batch().image.flatten(1))
        found.append("whole" if whole else "mixup" if (image == image[:, :1]).all() else "cutmix")
    assert 50 < found.count("whole") < 110
    assert min(found.count("mixup"), found.count("cutmix")) > 35


def test_the_last_epochs_have_whole_images():
    mix = Mix(3, prob=1.0, off_after=0.85, **MIXUP)
    mix.done = 0.86
    assert torch.equal(mix(batch()).image, batch().image)
    mix.done = 0.84
    assert not torch.equal(mix(batch()).image, batch().image)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"prob": 2}, r"mix\.prob=2: choose 0 to 1"),
        ({"off_after": -0.1}, r"mix\.off_after=-0\.1"),
        ({"mixup_alpha": -1}, r"mix\.mixup_alpha=-1, .* 0 \(off\) or more"),
        ({"mixup_alpha": 0, "cutmix_alpha": 0}, r"one of them above 0; or mix=none"),
    ],
)
def test_values_out_of_range(options, message):
    with pytest.raises(FerError, match=message):
        Mix(7, **options)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["model=hog_cnn"], r"mix changes images after model\.input\.hog described them"),
        (["model=faster_rcnn"], r"mix: Detector trains on one class per image"),
        (["model=edsr"], r"mix is for models that classify; SuperResolver does not"),
        (
            ["loss._target_=torch.nn.MultiMarginLoss"],
            r"loss=cross_entropy: MultiMarginLoss does not compare logits \(N, C\) with shares of classes \(N, C\)",
        ),
    ],
)
def test_models_and_losses_that_cannot_learn_from_mixed_images_are_refused(overrides, message, tmp_path):
    with pytest.raises(FerError, match=message):
        build_run(compose_job([*TINY, "mix=both", "logger=none", *overrides], tmp_path))


def test_every_loss_of_ours_takes_shares():
    class Mine(nn.Module):
        def forward(self, logits, target):
            return nn.functional.nll_loss(logits.log_softmax(1), target)

    check_classification_loss(nn.CrossEntropyLoss(label_smoothing=0.1), 3, soft_targets=True)
    check_classification_loss(Mine(), 3)
    with pytest.raises(UnsuitableLoss, match=r"Mine does not compare logits .* with shares of classes") as refusal:
        check_classification_loss(Mine(), 3, soft_targets=True)
    assert refusal.value.alternative.startswith("mix=none")


def test_a_run_mixes_in_training_alone(tmp_path):
    run = build_run(compose_job([*TINY, "mix=mixup", "mix.prob=1", "trainer.max_epochs=2", "logger=none"], tmp_path))
    seen, count = {"train": [], "val": [], "test": []}, run.module._count

    def look(stage, scores, batch):
        seen[stage].append(batch.votes is not None)
        return count(stage, scores, batch)

    run.module._count = look
    fit(run)
    assert seen["train"] == [True] * 8  # the second epoch's middle is at 0.75 of the training
    assert not any([*seen["val"], *seen["test"]])
