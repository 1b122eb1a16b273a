"""Tiny classifiers around any net, and the faces of a test."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from fer_lightning.data.inputs import InputSpec
from fer_lightning.run.visualizations.sample_selection import Candidates
from fer_lightning.training.classifier import Classifier

NAMES = ("angry", "happy", "sad")


@pytest.fixture
def classifier():
    """Makes a Classifier of three expressions around a net."""

    def made(net, size=8, mirror_test=False, **spec):
        input = InputSpec(size=size, **({"mean": [0.5], "std": [0.25]} | spec))
        return Classifier(net, nn.CrossEntropyLoss(), torch.optim.SGD, None, NAMES, input, mirror_test)

    return made


@pytest.fixture
def tested():
    """Makes a test of random faces with these labels, correctly answered or not."""

    def made(label, correct=None, size=8, channels=1):
        faces = np.random.default_rng(0).integers(0, 256, (len(label), channels, size, size), dtype=np.uint8)
        right = np.ones(len(label), dtype=bool) if correct is None else np.array(correct, dtype=bool)
        return Candidates(lambda places: faces[places], np.array(label), right, NAMES)

    return made
