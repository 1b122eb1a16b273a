"""Protocols that split nothing: test_only, train_is_test."""

from __future__ import annotations

import logging

import numpy as np

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.protocols.rule import Request, SplitRows

log = logging.getLogger(__name__)


def test_only(faces: FaceSet, request: Request) -> SplitRows:
    """Every image tests a model that was trained on other data; papers A and E on JAFFE."""
    nobody = np.empty(0, dtype=np.int64)
    return nobody, nobody, np.arange(len(faces))


def train_is_test(faces: FaceSet, request: Request) -> SplitRows:
    """Every image is in all three splits, as Table 1 of paper B prints the same 327 twice."""
    log.warning("train_is_test: all %d images train and test: this measures memory, not recognition", len(faces))
    every = np.arange(len(faces))
    return every, every, every
