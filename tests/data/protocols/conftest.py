"""Faces with the people and splits that protocols are about, and what must hang together among them."""

from __future__ import annotations

import numpy as np
import pytest

OFFICIAL = {"Training": 28709, "PublicTest": 3589, "PrivateTest": 3589}
PRIVATE = (491, 55, 528, 879, 594, 416, 626)  # official PrivateTest counts


@pytest.fixture(scope="session")
def fer2013_in_small(make_faces):
    """As many faces as FER2013 in its three splits, of 3x3 pixels, PrivateTest with its official labels."""
    split = np.repeat(list(OFFICIAL), list(OFFICIAL.values()))
    others = np.arange(OFFICIAL["Training"] + OFFICIAL["PublicTest"]) % 7
    labels = np.concatenate([others, np.random.default_rng(0).permutation(np.repeat(range(7), PRIVATE))])
    shuffled = np.random.default_rng(1).permutation(len(split))
    return make_faces(labels[shuffled], size=3, split=split[shuffled])


@pytest.fixture(scope="session")
def ckplus_in_small(make_faces):
    """118 people as CK+ has, each with one to five sequences of three frames, seven classes."""
    sequences = [f"S{person:03d}" for person in range(118) for _ in range(1 + person * 7 % 5)]
    return make_faces(np.repeat(np.arange(len(sequences)) * 5 % 7, 3), size=3, subject=np.repeat(sequences, 3))
