"""Further accuracies of hand-made predictions, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from scipy.stats import binomtest

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.results.predictions import Predictions
from fer_lightning.run.artifacts.duplicate_free_accuracy import compute_subset_accuracies

NAMES = ("angry", "happy", "sad")
# 6 train, 1 validates, 5 test; of those the first is an exact copy of image 0, the second nearly image 1
SPLIT = ["Training"] * 6 + ["PublicTest"] + ["PrivateTest"] * 5
TEST = np.arange(7, 12)
TRUE = [0, 1, 2, 0, 1]
SAID = [0, 2, 2, 0, 2]  # right: 7, 9, 10


@pytest.fixture
def faces():
    noise = np.random.default_rng(0).integers(0, 256, (12, 48, 48), dtype=np.uint8)
    pixels = np.stack([cv2.GaussianBlur(image, (0, 0), 6) for image in noise])
    pixels[7], pixels[8] = pixels[0], pixels[1] + 9
    label = np.array([0, 1, 2, 0, 1, 2, 0, *TRUE])
    return FaceSet(pixels, label, NAMES, np.array([str(row) for row in range(12)]), "by hand", split=np.array(SPLIT))


def judged(faces, tmp_path, report_copies=True):
    data = FaceDataModule(
        lambda cache_dir: faces, NAMES, tmp_path, Prepare(48), InputSpec(48), "official", report_copies=report_copies
    )
    predictions = Predictions(faces.ids[TEST], np.array(TRUE), NAMES, np.eye(3, dtype=np.float32)[SAID])
    return compute_subset_accuracies(data, TEST, predictions)


def votes(*words):
    label = np.full(12, -1, dtype=np.int64)
    label[TEST] = [EXPRESSIONS.index(word) if word else -1 for word in words]
    return {"ferplus": label}


def test_images_with_a_copy_in_train_do_not_count(faces, tmp_path):
    figures, spans = judged(faces, tmp_path)
    assert figures == {
        "test/accuracy_no_exact_copies": pytest.approx(2 / 4),  # without 7
        "test/accuracy_no_near_copies": pytest.approx(2 / 3),  # without 7 and 8
    }
    ends = binomtest(2, 3).proportion_ci(method="wilson")
    assert spans["test/accuracy_no_near_copies"] == pytest.approx([ends.low, ends.high])
    assert spans.keys() == figures.keys()


def test_labels_by_votes_count_where_the_model_has_their_class(faces, tmp_path):
    # said: angry sad sad angry sad. Contempt is no class of the model, and the last image has no majority
    voted = replace(faces, extras=votes("happy", "sad", "contempt", "angry", ""))
    figures, _ = judged(voted, tmp_path)
    assert figures["test/accuracy_ferplus"] == pytest.approx(2 / 3)


def test_a_figure_that_nothing_is_left_for_is_absent(faces, tmp_path):
    faces.pixels[TEST] = faces.pixels[0]
    figures, spans = judged(replace(faces, extras=votes("", "", "", "", "contempt")), tmp_path)
    assert figures == spans == {}


def test_without_report_copies_all_are_absent(faces, tmp_path):
    voted = replace(faces, extras=votes("happy", "sad", "sad", "angry", ""))
    assert judged(voted, tmp_path, report_copies=False) == ({}, {})
