"""What the callbacks do around a real, tiny training."""

from __future__ import annotations

import random

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from fer_lightning.data.inputs import Batch, InputSpec
from fer_lightning.training.callbacks.channels_last import ChannelsLast
from fer_lightning.training.callbacks.constant_prediction_warning import ConstantPredictionWarning
from fer_lightning.training.callbacks.epoch_log import EpochLog
from fer_lightning.training.callbacks.interrupt import Interrupt
from fer_lightning.training.callbacks.log_metrics import LogMetrics
from fer_lightning.training.callbacks.progress import Progress
from fer_lightning.training.callbacks.reseed import Reseed
from fer_lightning.training.classifier import Classifier
from fer_lightning.training.schedules import constant, exponential
from fer_lightning.training.trainer import Trainer


class Noise(Dataset):
    """Batches of random images."""

    def __len__(self):
        return 3

    def __getitem__(self, number):
        draw = torch.Generator().manual_seed(number)
        image = torch.randint(0, 256, (4, 1, 8, 8), generator=draw, dtype=torch.uint8)
        return Batch(image, torch.tensor([0, 1, 0, 1]), torch.arange(4))


def train(callbacks, epochs=2, schedule=constant, tmp_path=None, **trainer):
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.Dropout(0.5), nn.Flatten(), nn.Linear(64, 2)
    )
    optimizer = lambda parameters: torch.optim.SGD(parameters, lr=0.1)  # noqa: E731
    module = Classifier(net, nn.CrossEntropyLoss(), optimizer, schedule, ("happy", "sad"), InputSpec(size=8))
    loop = Trainer(
        callbacks=[LogMetrics(), *callbacks],
        max_epochs=epochs,
        accelerator="cpu",
        devices=1,
        logger=False,
        enable_checkpointing=False,
        enable_model_summary=False,
        default_root_dir=tmp_path,
        **trainer,
    )
    loader = DataLoader(Noise(), batch_size=None)
    loop.fit(module, loader, loader)
    return module, loop, loader


class Draws(pl.Callback):
    """What the generators give at the start of each epoch."""

    def __init__(self):
        self.drawn = []

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        if batch_idx == 0:
            self.drawn.append((random.random(), float(np.random.rand()), float(torch.rand(()))))


def test_reseeding_makes_an_epoch_depend_on_seed_and_number_alone():
    def draws(seed, disturb):
        torch.manual_seed(disturb)
        random.seed(disturb)
        np.random.seed(disturb)
        watch = Draws()
        train([Reseed(seed), watch])
        return watch.drawn

    assert draws(0, 1) == draws(0, 2)
    assert draws(0, 1) != draws(1, 1)
    first, second = draws(0, 1)
    assert all(a != b for a, b in zip(first, second, strict=True))


def test_record_counts_images_and_keeps_each_epoch():
    record = EpochLog()
    train([record], epochs=3)
    assert record.train_images == 3 * 3 * 4
    assert record.train_seconds > 0
    assert [row["epoch"] for row in record.epochs] == [0, 1, 2]
    assert {"train/loss", "train/accuracy", "val/accuracy", "val/recall/happy"} <= set(record.epochs[0])
    again = EpochLog()
    again.load_state_dict(record.state_dict())
    assert again.metrics_of(1) == record.epochs[1]
    assert again.metrics_of(9) == {}


def test_an_epoch_without_validation_shows_no_figures_of_an_earlier_one(capfd):
    record = EpochLog()
    train([record, Progress()], epochs=3, check_val_every_n_epoch=2)
    assert ["val/accuracy" in row for row in record.epochs] == [False, True, False]
    assert all("train/accuracy" in row for row in record.epochs)
    lines = [line for line in capfd.readouterr().err.splitlines() if line.startswith("epoch")]
    assert ["val/accuracy" in line for line in lines] == [False, True, False]


def test_record_times_the_test():
    record = EpochLog()
    module, loop, loader = train([record])
    loop.test(module, loader, verbose=False)
    assert record.test_seconds > 0


@pytest.mark.parametrize("wanted", [True, False])
def test_channels_last_changes_strides_and_no_value(wanted):
    module, _, _ = train([], channels_last=wanted)
    weight = module.net[2].weight
    assert weight.is_contiguous(memory_format=torch.channels_last) is wanted


def test_channels_last_callback_keeps_the_numbers():
    conv = nn.Conv2d(3, 4, 3)
    before = conv.weight.detach().clone()
    module = pl.LightningModule()
    module.conv = conv
    ChannelsLast().setup(None, module, "fit")
    assert torch.equal(conv.weight, before)


def test_progress_writes_one_line_an_epoch_to_stderr(capfd):
    train([Progress()], epochs=2)
    out, err = capfd.readouterr()
    lines = [line for line in err.splitlines() if line.startswith("epoch")]
    assert [line.split("  ")[0] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert all("images/s" in line and "val/accuracy" in line and "train/accuracy" in line for line in lines)
    assert "epoch" not in out


def test_schedule_by_the_step_and_by_the_epoch_meet_at_the_end():
    def final_lr(interval):
        schedule = lambda o, length: exponential(o, length, gamma=0.5, interval=interval)  # noqa: E731
        _, loop, _ = train([], epochs=2, schedule=schedule)
        return loop.optimizers[0].param_groups[0]["lr"]

    assert final_lr("epoch") == pytest.approx(0.1 * 0.25)
    assert final_lr("step") == pytest.approx(0.1 * 0.25)


@pytest.mark.parametrize(("accumulate", "steps"), [(1, 3), (2, 2), (3, 1)])
def test_the_length_of_training_counts_optimiser_steps(accumulate, steps):
    seen = []

    def schedule(optimizer, length):
        seen.append(length)
        return constant(optimizer, length)

    train([], epochs=4, schedule=schedule, accumulate_grad_batches=accumulate)
    assert seen == [(4, steps)]


def test_the_length_by_max_steps_alone():
    seen = []

    def schedule(optimizer, length):
        seen.append(length)
        return constant(optimizer, length)

    train([], epochs=-1, schedule=schedule, max_steps=7)
    assert seen == [(3, 3)]


def test_checkpoints_keep_the_state_of_callbacks_under_the_keys_of_earlier_versions(tmp_path):
    callbacks = [EpochLog(), ConstantPredictionWarning(), Interrupt(tmp_path / "last.ckpt")]
    assert [callback.state_key for callback in callbacks] == ["Record", "WarnOneClass", "Interrupt"]
