"""The embedded data set is worth learning: no linear model solves it across subjects, a small CNN does."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits
from torch import nn

from fer_lightning.data.synthetic.read import read

EPOCHS, BATCH = 5, 64


@pytest.fixture(scope="module")
def split(tmp_path_factory):
    """Pixels 0..1, labels and a mask of the images of 30 of the 100 subjects, kept for testing."""
    faces = read(tmp_path_factory.mktemp("cache"))
    subjects = np.unique(faces.subject)
    held_out = np.isin(faces.subject, np.random.default_rng(0).permutation(subjects)[:30])
    return np.asarray(faces.pixels, dtype=np.float32) / 255, faces.label, held_out


@pytest.mark.slow
@pytest.mark.parametrize("strength", [1e-3, 1e-2, 1e-1])
def test_logistic_regression_on_pixels_stays_below_three_quarters(split, strength):
    pixels, label, held_out = split
    flat = pixels.reshape(len(pixels), -1)
    flat = (flat - flat[~held_out].mean(axis=0)) / flat[~held_out].std(axis=0)
    # so small a product is ten times slower on threads that wait for each other
    with threadpool_limits(1):
        model = LogisticRegression(C=strength, max_iter=1000).fit(flat[~held_out], label[~held_out])
    accuracy = model.score(flat[held_out], label[held_out])
    assert 0.25 < accuracy < 0.75


def block(inputs, outputs):
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]


@pytest.mark.slow
def test_a_small_cnn_passes_nine_in_ten(split):
    pixels, label, held_out = split
    mean, spread = pixels.mean(axis=(1, 2), keepdims=True), pixels.std(axis=(1, 2), keepdims=True)
    images = torch.from_numpy((pixels - mean) / (spread + 0.05))[:, None]
    labels = torch.from_numpy(label)
    train, test = torch.from_numpy(np.flatnonzero(~held_out)), torch.from_numpy(np.flatnonzero(held_out))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(
            *block(1, 24), *block(24, 48), *block(48, 96), *block(96, 128), nn.Flatten(), nn.Linear(128 * 9, 8)
        )
        steps = len(train) // BATCH
        optimizer = torch.optim.AdamW(net.parameters(), weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=EPOCHS * steps)
        for _ in range(EPOCHS):
            for batch in train[torch.randperm(len(train))][: steps * BATCH].split(BATCH):
                mirrored = (torch.rand(len(batch)) < 0.5)[:, None, None, None]
                x = torch.where(mirrored, images[batch].flip(-1), images[batch])
                loss = nn.functional.cross_entropy(net(x), labels[batch], label_smoothing=0.05)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
    net.eval()
    with torch.no_grad():
        found = torch.cat([net(images[part]).argmax(dim=1) for part in test.split(256)])
    assert (found == labels[test]).float().mean().item() > 0.90
