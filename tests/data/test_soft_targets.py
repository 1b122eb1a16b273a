"""Covers fer_lightning/data/soft_targets.py: shares blended with labels, by hand, and files that do not fit."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.image_digests import image_digests, to_hex
from fer_lightning.data.inputs import InputSpec
from fer_lightning.data.preprocess.prepare import Prepare
from fer_lightning.data.readers import fer2013
from fer_lightning.data.readers.fer_votes import COLUMNS
from fer_lightning.data.soft_targets import read_soft_targets
from fer_lightning.errors import FerError

NAMES = ("happy", "sad")
HEADER = "image,p_happy,p_sad\n"


@pytest.fixture
def faces(make_faces):
    """Twenty images that train, of which the first five are happy, and four each that validate and test."""
    labels = [3] * 5 + [4] * 15 + [3, 4] * 4
    return make_faces(labels, split=["train"] * 20 + ["val"] * 4 + ["test"] * 4)


@pytest.fixture
def opened(faces, tmp_path):
    """A function from the text of a file, or its lines below the header, to a data module with it."""

    def make(text, weight=0.7, class_names=NAMES, **options):
        path = tmp_path / "soft.csv"
        path.write_text(text if isinstance(text, str) else HEADER + "".join(f"{line}\n" for line in text))
        common = {"cache_dir": tmp_path, "prepare": Prepare(12), "input": InputSpec(12), "protocol": "official"}
        data = FaceDataModule(
            lambda cache_dir: faces, class_names, **common, targets=path, targets_weight=weight, **options
        )
        data.setup()
        return data

    return make


def every(share="0.6,0.4", images=20):
    return [f"{row:05d},{share}" for row in range(images)]


def votes_by_row(data):
    """Row -> target of each image of an epoch's training batches."""
    batches = list(data.train_dataloader())
    rows, votes = (np.concatenate([getattr(batch, name).numpy() for batch in batches]) for name in ("row", "votes"))
    return dict(zip(rows.tolist(), votes, strict=True))


def test_a_target_is_the_weighted_sum_of_label_and_share(opened):
    lines = every()
    lines[1], lines[2], lines[6] = "00001,0,1", "00002,,", "00006,3,1"  # the other class, nothing, and four votes
    data = opened(lines, batch_size=20)
    votes = votes_by_row(data)
    assert votes[0] == pytest.approx([0.3 + 0.7 * 0.6, 0.7 * 0.4])
    assert votes[1] == pytest.approx([0.3, 0.7])
    assert votes[2] == pytest.approx([1, 0])
    assert votes[6] == pytest.approx([0.7 * 0.75, 0.3 + 0.7 * 0.25])
    assert votes[7] == pytest.approx([0.7 * 0.6, 0.3 + 0.7 * 0.4])
    batch = next(iter(data.train_dataloader()))
    assert batch.target is batch.votes
    assert sorted(batch.label.tolist()) == [0] * 5 + [1] * 15
    assert data.has_votes


def test_validation_and_test_keep_their_labels(opened):
    data = opened(every(images=28))
    for loader in (data.val_dataloader(), data.test_dataloader()):
        batch = next(iter(loader))
        assert batch.votes is None
        assert batch.target is batch.label


def test_classes_are_matched_by_name_and_those_that_are_not_wanted_leave_the_sum(opened):
    lines = ["image,note,p_sad,p_contempt,p_happy", *(f"{row:05d},x,0.2,0.5,0.3" for row in range(20))]
    votes = votes_by_row(opened("\n".join(lines), weight=1, batch_size=20))
    assert votes[0] == pytest.approx([0.6, 0.4])


def test_votes_of_the_data_set_are_what_is_blended(faces, opened):
    own = np.zeros((28, 7), dtype=np.float32)
    own[:, 3], own[:, 4] = 0.5, 0.5
    faces.extras["target"] = own
    data = opened(every("1,0"), weight=0.2, batch_size=20)
    assert votes_by_row(data)[7] == pytest.approx([0.8 * 0.5 + 0.2, 0.8 * 0.5])
    assert next(iter(data.val_dataloader())).votes.numpy() == pytest.approx(np.full((4, 2), 0.5))


def test_the_digest_of_the_training_side_alone_tells_what_the_file_and_the_weight_say(opened):
    def digest(*given):
        return opened(*given).data_digest()

    first = digest(every())
    assert digest(every()[::-1]) == first  # the order of lines says nothing
    for other in (digest(every("0.5,0.5")), digest(every(), 0.6)):
        assert other["train"] != first["train"]
        assert (other["val"], other["test"]) == (first["val"], first["test"])


def test_the_digest_is_the_same_before_and_after_the_images_are_prepared(opened, tmp_path):
    data = opened(every())
    fresh = FaceDataModule(
        data.read, NAMES, tmp_path, Prepare(12), InputSpec(12), "official", targets=data.targets, targets_weight=0.7
    )
    assert fresh.data_digest() == data.data_digest()


def test_the_log_says_how_many_images_have_a_share_and_how_many_agree(opened, caplog):
    with caplog.at_level(logging.INFO):
        opened([*every("1,0", 18), "00018,,", "00019,,"])
    assert "weight 0.7 in the targets of 18 of 20 training images, of which 27.8 % have their label" in caplog.text


FAULTS = {
    "missing": (every(images=17), r"3 of 20 training images are not in it \(00017, 00018, 00019\); list each"),
    "strangers": (["a,1,0", "b,0,1"], r"none of its images is in this data set, where they are called as 00000, 00001"),
    "twice": ([*every(), "00003,1,0"], r"soft\.csv, line 22: 00003 occurs twice"),
    "negative": (["00000,-1,2"], r"line 2: a share is '-1', it must be a number of 0 or more"),
    "nan": (["00000,nan,2"], r"line 2: a share is 'nan'"),
    "a hole": (["00000,,2"], r"line 2: a share is ''"),
    "cut off": (["00000,1"], r"line 2: 2 cells for 3 columns"),
    "classes": ("image,p_happy\n00000,1\n", r"it has no share of sad; its classes are happy"),
    "columns": ("path,label\na,happy\n", r"its columns are path, label; it must be a table with the columns image"),
    "empty": ("", r"its columns are none"),
    "their teachers": (
        "image,p_happy,p_sad,trained\n" + "".join(f"{row:05d},1,0,{int(row > 25)}\n" for row in range(28)),
        r"2 images that validate or test trained the nets .*\(00026, 00027\).*data\.protocol=train_kfold",
    ),
    "other pictures": (
        "image,digest,p_happy,p_sad\n00000,0123456789abcdef,1,0\n",
        r"1 of its images are other pictures than those here \(00000\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_file_that_does_not_fit_is_one_error(opened, fault):
    text, message = FAULTS[fault]
    with pytest.raises(FerError, match=message):
        opened(text)


def test_digests_that_fit_and_nets_that_trained_on_training_images_alone_are_taken(opened, faces):
    digests = to_hex(image_digests(faces))
    lines = "".join(f"{row:05d},{digests[row]},{int(row < 20)},0,1\n" for row in range(28))
    data = opened("image,digest,trained,p_happy,p_sad\n" + lines, weight=1, batch_size=20)
    assert votes_by_row(data)[0] == pytest.approx([0, 1])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"targets": "nowhere.csv"}, r"data\.targets=nowhere\.csv: there is no such file; name a table"),
        ({"targets_weight": 0}, r"data\.targets_weight=0: choose above 0 to 1"),
        ({"targets_weight": 1.5}, r"data\.targets_weight=1\.5: choose above 0 to 1"),
    ],
)
def test_what_is_wrong_whatever_the_faces_shows_before_they_are_read(tmp_path, options, message):
    with pytest.raises(FerError, match=message):
        FaceDataModule(pytest.fail, NAMES, tmp_path, Prepare(12), InputSpec(12), "official", **options)


def test_votes_of_ferplus_are_shares_of_its_expressions(make_faces, tmp_path):
    rows = {  # neutral, happiness, surprise, sadness, anger, disgust, fear, contempt, unknown, NF
        "Training": [[0, 6, 0, 2, 0, 0, 0, 2, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 7, 3]],
        "PublicTest": [[0, 0, 0, 5, 0, 0, 0, 0, 5, 0]],
    }
    lines = [",".join(["Usage", "Image name", *COLUMNS])]
    lines += [",".join([usage, "x.png", *map(str, row)]) for usage, several in rows.items() for row in several]
    (tmp_path / "fer2013new.csv").write_text("\n".join(lines))
    faces = make_faces([3, 4, 4], split=["Training", "Training", "PublicTest"])
    soft = read_soft_targets(tmp_path / "fer2013new.csv", faces)
    picked = soft.for_classes(fer2013.CLASS_NAMES)
    assert picked[0] == pytest.approx([0, 0, 0, 0.75, 0.25, 0, 0])
    assert picked[1:].tolist() == [[0] * 7, [0, 0, 0, 0, 1, 0, 0]]
    assert soft.for_classes(["happy", "contempt"])[0] == pytest.approx([0.75, 0.25])
    assert soft.listed.all()
    with pytest.raises(FerError, match=r"votes of FER\+ for the 3 images of FER2013, and this data set has 2"):
        read_soft_targets(tmp_path / "fer2013new.csv", make_faces([3, 4], split=["train", "test"]))
