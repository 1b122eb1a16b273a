"""The real FER2013: counts, copies and splits as measured on the copy in data/."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.augment.offline import CropsOfSizes
from fer_lightning.data.duplicates import copy_groups, count_copies
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.data.protocols import Request, apply_protocol
from fer_lightning.data.readers import fer2013
from fer_lightning.data.sampling import EpochBatches

pytestmark = pytest.mark.real_data

# data/README.md; angry disgust fear happy sad surprise neutral
COUNTS = {
    "Training": [3995, 436, 4097, 7216, 4830, 3170, 4965],
    "PublicTest": [467, 56, 496, 894, 653, 416, 607],
    "PrivateTest": [491, 55, 528, 879, 594, 416, 626],
}


@pytest.fixture(scope="module")
def faces(real_data, session_dir):
    return fer2013.read(real_data / "fer2013", session_dir / "cache")


@pytest.fixture(scope="module")
def groups(faces):
    return copy_groups(faces)


def test_every_class_of_every_split_is_counted(faces):
    assert faces.pixels.shape == (35887, 48, 48)
    for split, counts in COUNTS.items():
        assert np.bincount(faces.label[faces.split == split]).tolist() == counts
    assert faces.ids[[0, -1]].tolist() == ["00000", "35886"]


def test_the_one_pair_that_differs_is_one_short_warning(faces, real_data, session_dir, caplog):
    fer2013.read(real_data / "fer2013", session_dir / "cache")
    (message,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert message.endswith(
        "Training/happy 7216 (published 7215), Training/surprise 3170 (published 3171), "
        "PublicTest/happy 894 (published 895), PublicTest/surprise 416 (published 415)"
    )


def test_copies_as_measured(faces, groups):
    assert len(faces) - len(np.unique(groups)) == 1851
    train, public, private = (np.flatnonzero(faces.split == split) for split in COUNTS)
    assert count_copies(groups, train, public) == 279
    assert count_copies(groups, train, private) == 290


def test_blank_images_as_measured(faces):
    flat = np.asarray(faces.pixels).reshape(len(faces), -1)
    assert int((flat.max(axis=1) == flat.min(axis=1)).sum()) == 12


SIZES = {"official": (28709, 3589, 3589), "paper_a": (28709, 1196, 2393)}


@pytest.mark.parametrize("name", SIZES)
def test_published_splits_have_their_sizes(faces, name):
    assert tuple(len(rows) for rows in apply_protocol(faces, name, Request()).splits().values()) == SIZES[name]


def test_paper_c_tests_on_7178_and_validates_without_copies_of_its_training_side(faces, groups):
    protocol = apply_protocol(faces, "paper_c", Request())
    assert len(protocol.test) == 7178
    assert len(protocol.train) + len(protocol.val) == 28709
    assert count_copies(groups, protocol.train, protocol.val) == 0


@pytest.mark.parametrize("fold", range(3))
def test_paper_cs_folds_train_on_nine_tenths_of_two_folds(faces, fold):
    sizes = [len(rows) for rows in apply_protocol(faces, "paper_c_kfold", Request(fold)).splits().values()]
    assert sizes == [21532 - fold // 2, 2393, 11962 + fold // 2]


@pytest.mark.parametrize("name", ["kfold", "paper_c_kfold", "holdout"])
def test_other_splits_keep_copies_together_and_classes_even(faces, groups, name):
    protocol = apply_protocol(faces, name, Request())
    sides = list(protocol.splits().values())
    assert sorted(np.concatenate(sides).tolist()) == list(range(35887))
    for first, second in ((0, 1), (0, 2), (1, 2)):
        assert count_copies(groups, sides[first], sides[second]) == 0
    whole = np.bincount(faces.label) / len(faces)
    for rows in sides:
        assert np.abs(np.bincount(faces.label[rows]) / len(rows) - whole).max() < 0.002


def test_equalised_faces_use_the_whole_range(faces, session_dir):
    equal = Prepare(48, 1, "equalize").faces(faces, session_dir / "cache")
    flat = np.asarray(equal.pixels[::50]).reshape(-1, 48 * 48)
    lively = flat.max(axis=1) > flat.min(axis=1)
    assert (flat[lively].max(axis=1) == 255).all()
    assert (flat[lively].min(axis=1) == 0).all()
    assert np.array_equal(equal.label, faces.label)


def test_paper_as_epoch_has_its_602889_images(faces):
    train = apply_protocol(faces, "paper_a", Request()).train
    copies = CropsOfSizes(32).copies
    epoch = EpochBatches(train, faces.label[train], batch_size=1, seed=0, copies=copies)
    assert epoch.images == len(epoch) == 602_889
    whole = EpochBatches(train, faces.label[train], batch_size=602_889, seed=0, copies=copies)
    (draw,) = whole
    seen = draw.rows * copies + draw.views
    assert len(np.unique(seen)) == 602_889
    assert set(np.unique(draw.rows)) == set(train.tolist())
