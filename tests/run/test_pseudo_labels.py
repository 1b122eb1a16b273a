"""A checkpoint labels pictures that nobody labelled."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

import fer_lightning
from fer_lightning.data.faces import FaceSet
from fer_lightning.data.preprocess.detectors import DETECTORS, Face
from fer_lightning.errors import FerError
from fer_lightning.run import pseudo_labels as module
from fer_lightning.run.pseudo_labels import PseudoLabels
from tests.layouts.scene import in_scene

SEVEN = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


@pytest.fixture(scope="module")
def pictures(tiny_faces):
    """Five grey faces of 48 pixels, each at its own place in a colour picture of its own size."""
    scenes = [in_scene(np.asarray(tiny_faces.pixels[n]), 120 + n, 140, 20 + n, 30) for n in range(5)]
    return FaceSet(
        pixels=[cv2.cvtColor(scene, cv2.COLOR_GRAY2RGB) for scene in scenes],
        label=np.full(5, -1),
        class_names=SEVEN,
        ids=np.arange(5).astype(str),
        fingerprint="five",
    )


def test_labels_are_the_nets_own_answers_to_the_faces_that_are_found(tiny_checkpoint, pictures, tmp_path, monkeypatch):
    def see(picture):
        number = picture.shape[0] - 120
        return [Face((30, 20 + number, 48, 48), 1.0, None)] if number < 3 else []

    monkeypatch.setattr(module, "DETECTORS", {"drawn": lambda: see})
    labels, confidence, names = PseudoLabels(str(tiny_checkpoint), tmp_path, 2, "drawn")(pictures)
    shown = [p[20 + n : 68 + n, 30:78] if n < 3 else p for n, p in enumerate(pictures.pixels)]
    expected = fer_lightning.load(tiny_checkpoint).probabilities([np.ascontiguousarray(face) for face in shown])
    assert names == SEVEN
    assert labels.tolist() == expected.argmax(axis=1).tolist()
    np.testing.assert_allclose(confidence, expected.max(axis=1), atol=1e-6)
    assert (labels.dtype, confidence.dtype) == (np.int64, np.float32)


@pytest.mark.parametrize("detector", list(DETECTORS))
def test_every_detector_will_do(tiny_checkpoint, pictures, tmp_path, detector):
    labels, confidence, _ = PseudoLabels(str(tiny_checkpoint), tmp_path, detector=detector)(pictures)
    assert labels.shape == confidence.shape == (5,)
    assert ((confidence >= 1 / 7) & (confidence <= 1)).all()


def test_the_number_of_pictures_at_once_changes_nothing(tiny_checkpoint, pictures, tmp_path):
    one, all_ = (PseudoLabels(str(tiny_checkpoint), tmp_path / str(n), n)(pictures) for n in (1, 128))
    assert one[0].tolist() == all_[0].tolist()
    np.testing.assert_allclose(one[1], all_[1], atol=1e-5)


@pytest.mark.parametrize("checkpoint", [None, ""])
def test_a_checkpoint_must_be_named(checkpoint, tmp_path):
    with pytest.raises(FerError, match=r"data\.faces\.labels\.labeller\.checkpoint is not set: name a best\.ckpt"):
        PseudoLabels(checkpoint, tmp_path)


def test_an_unknown_detector_is_refused(tmp_path):
    with pytest.raises(FerError, match=r"labeller\.detector=har: choose among haar, mtcnn, hog"):
        PseudoLabels("best.ckpt", tmp_path, detector="har")


def test_a_checkpoint_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(FerError, match=r"labeller\.checkpoint=.*absent\.ckpt: no such file"):
        PseudoLabels(str(tmp_path / "absent.ckpt"), tmp_path)


def test_the_net_is_asked_once(tiny_checkpoint, pictures, tmp_path, monkeypatch):
    first = PseudoLabels(str(tiny_checkpoint), tmp_path)(pictures)
    monkeypatch.setattr(module, "load", lambda path: pytest.fail("asked again"))
    again = PseudoLabels(str(tiny_checkpoint), tmp_path)(pictures)
    assert again[0].tolist() == first[0].tolist()
    assert again[1].tolist() == first[1].tolist()
    assert again[2] == first[2]


def test_a_damaged_checkpoint_names_the_key_that_named_it(pictures, tmp_path):
    (tmp_path / "best.ckpt").write_bytes(b"no checkpoint")
    with pytest.raises(FerError) as refused:
        PseudoLabels(str(tmp_path / "best.ckpt"), tmp_path)(pictures)
    said = str(refused.value)
    assert said.startswith(f"data.faces.labels.labeller.checkpoint={tmp_path}/best.ckpt: cut off, or no checkpoint")
    assert "ckpt=" not in said
    assert "weights_only" not in said  # torch's advice would run what the file holds
