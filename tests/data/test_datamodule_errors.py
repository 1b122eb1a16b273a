"""What the data module refuses, and when."""

from __future__ import annotations

import albumentations
import numpy as np
import pytest

from fer_lightning.data.augment.compose import Augment
from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.errors import FerError

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")

# refused before any file is opened
AT_ONCE = {
    "batch_size": ({"batch_size": 0}, r"data\.batch_size=0: choose at least 1"),
    "epoch_images": ({"epoch_images": 9}, r"data\.epoch_images=9: choose data\.batch_size=128 or more; null is each"),
    "num_workers": ({"num_workers": -1}, r"data\.num_workers=-1: choose 0 .* or more"),
    "size": ({"prepare": Prepare(10)}, r"model\.input\.size=12 is a crop larger than the image, preprocess\.size=10"),
    "channels": ({"prepare": Prepare(12, 3)}, r"preprocess\.channels=3 keeps colour, but model\.input\.channels=1"),
    "unknown protocol": ({"protocol": "hold_out"}, r"data\.protocol=hold_out: .*did you mean holdout\?"),
    "fold": ({"fold": 3, "protocol": "kfold"}, r"data\.fold=3: choose 0\.\.2"),
    "fold of 8": ({"fold": 8, "protocol": "subject_8fold"}, r"data\.fold=8: choose 0\.\.7"),
    "fold of 10": ({"fold": -1, "protocol": "subject_10fold"}, r"data\.fold=-1: choose 0\.\.9"),
    "num_folds": ({"num_folds": 5}, r"data\.num_folds=5: protocol holdout has no folds"),
    "two folds": ({"num_folds": 2, "protocol": "kfold_images"}, r"data\.num_folds=2: choose 3 or more"),
    "no training images": ({"max_train_images": 0}, r"data\.max_train_images=0: choose 1 or more, or null"),
    "negative limit": ({"max_train_images": -3}, r"data\.max_train_images=-3: choose 1 or more, or null"),
    "rotate": ({"rotate": -1}, r"data\.rotate=-1: choose 0 to 180 degrees"),
    "split_seed": ({"split_seed": -1}, r"data\.split_seed=-1: choose a whole number"),
}
# refused once the faces are known
LATER = {
    "class_names": ({"class_names": ["happy", "smug"]}, r"data\.class_names: no smug here; .*=\[angry,.*,neutral\]"),
    "protocol": ({"protocol": "official"}, r"data\.protocol=official: this data set has no published split"),
    "crop": (
        {"augment": Augment([albumentations.RandomCrop(20, 20)])},
        r"augment: a transform refuses prepared images of 12x12",
    ),
    "small crop": (
        {"augment": Augment([albumentations.RandomCrop(8, 8)])},
        r"augment leaves 8x8 pixels, but model\.input\.size=12",
    ),
}


@pytest.fixture
def build(make_faces, tmp_path):
    usual = make_faces(np.arange(140) % 7)

    def make(faces=usual, **settings) -> FaceDataModule:
        plain = {"class_names": CLASSES, "prepare": Prepare(12), "input": InputSpec(12), "protocol": "holdout"}
        read = faces if callable(faces) else lambda cache_dir: faces
        return FaceDataModule(faces=read, cache_dir=tmp_path, **(plain | settings))

    return make


def unread(cache_dir):
    raise AssertionError("the faces were read")


@pytest.mark.parametrize("fault", AT_ONCE)
def test_impossible_settings_are_refused_at_once(build, fault):
    settings, message = AT_ONCE[fault]
    with pytest.raises(FerError, match=message):
        build(faces=unread, **settings)


@pytest.mark.parametrize("fault", LATER)
def test_settings_that_do_not_fit_the_faces_are_refused_on_opening(build, fault):
    settings, message = LATER[fault]
    data = build(**settings)
    with pytest.raises(FerError, match=message):
        data.setup("fit")


def test_a_class_without_training_images_is_named(build, make_faces):
    split = ["Training"] * 2 + ["PublicTest", "PrivateTest"] * 2
    faces = make_faces([0, 1, 2, 2, 0, 1], split=split)
    with pytest.raises(FerError, match=r"the training split has no image of fear; leave it out"):
        build(faces, protocol="official", class_names=["angry", "disgust", "fear"]).check_trains()


@pytest.mark.parametrize(("stage", "labels"), [("val", [0, 1, 2, 1]), ("test", [0, 1, 1, 2])])
def test_classes_that_leave_a_side_empty_are_refused(build, make_faces, stage, labels):
    faces = make_faces(labels, split=["Training", "Training", "PublicTest", "PrivateTest"])
    data = build(faces, protocol="official", class_names=["angry", "disgust"])
    with pytest.raises(FerError, match=rf"class_names=\['angry', 'disgust'\] leave no image to {stage}"):
        data.setup()


def test_left_out_faces_are_said(build, caplog):
    with caplog.at_level("INFO", logger="fer_lightning.data.selection"):
        build(class_names=["happy", "sad"]).setup()
    assert "left out: 100 images (angry, disgust, fear, surprise, neutral" in caplog.text
