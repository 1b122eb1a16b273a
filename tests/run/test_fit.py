"""What a run does with its three splits, and that it repeats itself."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support import TINY

from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit


def built(folder, *overrides):
    return build_run(compose_job([*TINY, "logger=none", *overrides], folder))


def fitted(folder, *overrides):
    run = built(folder, *overrides)
    return run, fit(run)


def test_test_images_are_asked_for_once_and_after_the_last_epoch(tmp_path):
    run = built(tmp_path, "trainer.max_epochs=3")
    asked = []
    make_loader = run.datamodule.test_dataloader
    run.datamodule.test_dataloader = lambda: asked.append(run.trainer.current_epoch) or make_loader()
    fit(run)
    assert asked == [3]


def test_no_test_image_is_ever_trained_or_validated_on(tmp_path):
    run = built(tmp_path, "trainer.max_epochs=2")
    seen = {"train": set(), "val": set(), "test": set()}
    for stage, name in (("train", "training_step"), ("val", "validation_step"), ("test", "test_step")):
        step = getattr(run.module, name)

        def spy(batch, batch_idx, stage=stage, step=step):
            seen[stage] |= set(batch.row.tolist())
            return step(batch, batch_idx)

        setattr(run.module, name, spy)
    fit(run)
    assert seen["test"] == set(run.datamodule.protocol.test.tolist())
    assert not seen["test"] & (seen["train"] | seen["val"])
    assert not seen["train"] & seen["val"]
    subject = run.datamodule.faces.subject
    assert not {subject[r] for r in seen["test"]} & {subject[r] for r in seen["train"] | seen["val"]}


@pytest.mark.parametrize(("monitor", "mode", "pick"), [("val/accuracy", "max", max), ("val/loss", "min", min)])
def test_the_checkpoint_is_the_best_by_validation(tmp_path, monitor, mode, pick):
    run, outcome = fitted(tmp_path, "trainer.max_epochs=4", f"monitor={monitor}", f"mode={mode}", "optimizer.lr=0.01")
    curve = [row[monitor] for row in run.epoch_log.epochs]
    assert len(curve) == 4
    assert outcome.metrics[monitor] == pytest.approx(pick(curve), abs=1e-6)
    epoch = torch.load(outcome.best, weights_only=True)["epoch"]
    assert curve[epoch] == pick(curve)
    assert outcome.metrics["train/accuracy"] == run.epoch_log.epochs[epoch]["train/accuracy"]
    assert outcome.metrics["train/accuracy_last"] == run.epoch_log.epochs[-1]["train/accuracy"]
    assert outcome.best == tmp_path / "checkpoints" / "best.ckpt"
    assert torch.load(tmp_path / "checkpoints" / "last.ckpt", weights_only=True)["epoch"] == 3


def test_the_same_command_gives_the_same_numbers_and_another_seed_others(tmp_path):
    options = ("trainer.max_epochs=2", "augment=strong")
    first, again = fitted(tmp_path / "a", *options), fitted(tmp_path / "b", *options, "data.num_workers=2")
    other = fitted(tmp_path / "c", *options, "seed=1")
    assert first[1].metrics == again[1].metrics
    np.testing.assert_array_equal(first[1].confusion_matrix, again[1].confusion_matrix)
    assert first[1].metrics != other[1].metrics
    for mine, theirs in zip(first[0].module.parameters(), again[0].module.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_accuracy_is_that_of_the_counts(tmp_path):
    run, outcome = fitted(tmp_path, "trainer.max_epochs=1")
    counts = outcome.confusion_matrix
    assert counts.sum() == len(run.datamodule.protocol.test)
    rows = run.datamodule.protocol.test
    np.testing.assert_array_equal(counts.sum(axis=1), np.bincount(run.datamodule.faces.label[rows], minlength=8))
    assert outcome.metrics["test/accuracy"] == pytest.approx(np.trace(counts) / counts.sum())


def test_early_stopping_ends_when_validation_stalls(tmp_path):
    run, _ = fitted(
        tmp_path,
        "trainer.max_epochs=9",
        "callbacks=early_stopping",
        "callbacks.early_stopping.patience=2",
        "callbacks.early_stopping.min_delta=1.0",
    )
    assert len(run.epoch_log.epochs) == 3


def test_each_epoch_is_recorded_with_its_own_training_figures(tmp_path):
    run = built(tmp_path, "trainer.max_epochs=3", "optimizer.lr=0.01")
    hits = []

    def spy(batch, batch_idx, step=run.module.training_step):
        logits = []
        handle = run.module.net.register_forward_hook(lambda *call: logits.append(call[2].detach()))
        loss = step(batch, batch_idx)
        handle.remove()
        hits.append((run.trainer.current_epoch, (logits[0].argmax(dim=1) == batch.label).float().mean()))
        return loss

    run.module.training_step = spy
    fit(run)
    for row in run.epoch_log.epochs:
        expected = np.mean([float(share) for epoch, share in hits if epoch == row["epoch"]])
        assert row["train/accuracy"] == pytest.approx(expected, abs=1e-6)
    assert len({row["train/accuracy"] for row in run.epoch_log.epochs}) > 1


def test_without_a_checkpoint_callback_it_says_so(tmp_path):
    run = built(tmp_path, "~callbacks.best", "trainer.max_epochs=1", "debug=fast")
    with pytest.raises(FerError, match="callbacks=default has one"):
        fit(run)


def test_normalisation_is_learned_on_training_images_alone(tmp_path):
    run = built(tmp_path, "model.input.illumination=none")
    train = np.asarray(run.datamodule.faces.pixels)[run.datamodule.protocol.train] / 255
    assert float(run.module.pixel_mean) == pytest.approx(train.mean(), abs=1e-6)
    assert float(run.module.pixel_std) == pytest.approx(train.std(), abs=1e-6)


def test_a_timm_model_keeps_its_own_normalisation(tmp_path):
    run = built(tmp_path, "model=timm", "model.net.name=resnet10t")
    assert float(run.module.pixel_mean) == pytest.approx((0.485 + 0.456 + 0.406) / 3)
    assert float(run.module.pixel_std) == pytest.approx((0.229 + 0.224 + 0.225) / 3)


def test_bf16_and_channels_last_train_on_a_processor(tmp_path):
    run, outcome = fitted(
        tmp_path, "trainer.max_epochs=1", "trainer.precision=bf16-mixed", "trainer.channels_last=true"
    )
    weights = [p for p in run.module.net.parameters() if p.ndim == 4 and p.shape[1] > 1 and p.shape[2] > 1]
    assert all(w.is_contiguous(memory_format=torch.channels_last) for w in weights)
    assert 0 <= outcome.metrics["test/accuracy"] <= 1


def test_overfitting_learns_128_images_by_heart(tmp_path):
    run, _ = fitted(tmp_path, "data.faces.images=300", "debug=overfit", "trainer.max_epochs=16")
    assert len(run.datamodule.protocol.train) == 128
    assert run.epoch_log.epochs[-1]["train/accuracy"] > 0.97
