"""FER+ is FER2013's images, joined row by row with the votes."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.readers import fer2013, ferplus
from fer_lightning.data.readers.fer_votes import MODES
from fer_lightning.errors import FerError
from tests.layouts.fer2013 import write_fer2013
from tests.layouts.ferplus import write_ferplus

VOTES = """Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF
Training,fer0000000.png,0,0,0,0,0,0,0,10,0,0
PrivateTest,fer0000000.png,0,0,6,4,0,0,0,0,0,0
Training,,0,0,0,0,0,0,0,0,0,10
PublicTest,fer0000003.png,5,0,0,0,5,0,0,0,0,0
"""


@pytest.fixture
def both(folder, table):
    (folder / "fer2013.csv").write_text(table)
    (folder / "fer2013new.csv").write_text(VOTES)
    return folder


def read(folder, **options):
    return ferplus.read(folder, folder.parent / "cache", **options)


def test_images_are_fer2013s_and_labels_the_votes_by_row(both, pixels):
    faces = read(both)
    assert np.array_equal(faces.pixels, pixels)
    assert faces.class_names == EXPRESSIONS
    assert [EXPRESSIONS[number] if number >= 0 else "" for number in faces.label] == ["contempt", "surprise", "", ""]
    assert faces.split.tolist() == ["Training", "PrivateTest", "Training", "PublicTest"]
    assert faces.extras["votes"][1].tolist() == [0, 0, 6, 4, 0, 0, 0, 0, 0, 0]
    assert "target" not in faces.extras
    assert read(both, label_mode="share").label.tolist() == [7, 5, -1, 6]


@pytest.mark.parametrize(
    ("mode", "row"), [("distribution", [0, 0, 0, 0, 0.4, 0.6, 0, 0]), ("multi", [0, 0, 0, 0, 0.5, 0.5, 0, 0])]
)
def test_targets_stand_in_the_order_of_the_classes(both, mode, row):
    target = read(both, label_mode=mode).extras["target"]
    assert target[1].tolist() == np.float32(row).tolist()
    assert target[2].tolist() == [0] * 8
    assert target[3].tolist() == [0.5, 0, 0, 0, 0, 0, 0.5, 0]


def test_every_mode_and_every_change_of_the_votes_has_its_own_fingerprint(both):
    prints = {read(both, label_mode=mode).fingerprint for mode in MODES}
    prints |= {
        read(both, label_mode="multi", multi_threshold=0.4).fingerprint,
        fer2013.read(both, both / "c").fingerprint,
    }
    (both / "fer2013new.csv").write_text(VOTES.replace("6,4", "7,3"))
    prints |= {read(both).fingerprint, fer2013.read(both, both / "c").fingerprint}
    assert len(prints) == len(MODES) + 4


def test_votes_at_another_place(both, tmp_path):
    (both / "fer2013new.csv").rename(tmp_path / "v.csv")
    assert read(both, votes=str(tmp_path / "v.csv")).label.tolist() == [7, 5, -1, -1]
    with pytest.raises(
        FerError, match=r"fer2013: no votes of FER\+ here\. Put fer2013new\.csv .*data\.faces\.votes=FILE"
    ):
        read(both)
    with pytest.raises(FerError, match=r"nowhere\.csv: no votes"):
        read(both, votes=str(tmp_path / "nowhere.csv"))


def test_a_wrong_mode_is_told_before_anything_is_read(tmp_path):
    with pytest.raises(FerError, match=r"data\.label_mode=mean: choose among majority, share"):
        read(tmp_path / "nowhere", label_mode="mean")


LINES = VOTES.splitlines(keepends=True)
UNFIT = {
    "a row less": ("".join(LINES[:-1]), r"fer2013new\.csv: 3 rows of votes for 4 images"),
    "another order": (
        "".join([LINES[0], LINES[1], LINES[3], LINES[2], LINES[4]]),
        r"row 1 .* is Training there and PrivateTest in FER2013.*2 rows.*order",
    ),
    "malformed": (VOTES.replace("6,4", "6,x"), r"line 3: sadness is 'x'"),
}


@pytest.mark.parametrize("fault", UNFIT)
def test_votes_that_do_not_fit_are_an_error_here_and_a_warning_of_fer2013(both, fault, caplog):
    text, message = UNFIT[fault]
    (both / "fer2013new.csv").write_text(text)
    with pytest.raises(FerError, match=message):
        read(both)
    faces = fer2013.read(both, both.parent / "cache")
    assert "ferplus" not in faces.extras
    (warning,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert "no FER+ labels beside FER2013's own" in warning
    assert warning.endswith(caplog.text.strip().split("fer2013new.csv")[-1])


@pytest.mark.parametrize("spoil", ["all", "from row 600"])
def test_rows_in_another_order_are_refused_by_their_agreement(folder, caplog, spoil):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 1100)
    order = np.arange(1100)
    order[0 if spoil == "all" else 600 :] = rng.permutation(order[0 if spoil == "all" else 600 :])
    image = " ".join(["7"] * 2304)
    write = (folder / "fer2013.csv").write_text
    write("\n".join(["emotion,pixels,Usage", *(f"{label},{image},Training" for label in labels)]))
    column = {0: 4, 1: 5, 2: 6, 3: 1, 4: 3, 5: 2, 6: 0}
    rows = [["10" if place == column[label] else "0" for place in range(10)] for label in labels[order]]
    (folder / "fer2013new.csv").write_text(
        "\n".join([VOTES.splitlines()[0], *(",".join(["Training", "x.png", *row]) for row in rows)])
    )
    with pytest.raises(FerError) as refused:
        read(folder)
    message = str(refused.value)
    assert message.startswith(f"{folder / 'fer2013new.csv'} does not fit {folder / 'fer2013.csv'} row by row: their")
    assert f"of the 500 from row {0 if spoil == 'all' else 500} (counted from 0) on" in message
    assert "ferplus" not in fer2013.read(folder, folder.parent / "cache").extras
    assert "no FER+ labels beside FER2013's own" in caplog.text


def test_fer2013_as_folders_cannot_be_joined(tmp_path, tiny_faces):
    write_fer2013(tiny_faces, tmp_path / "as_folders", "folders")
    (tmp_path / "as_folders" / "fer2013new.csv").write_text(VOTES)
    with pytest.raises(FerError, match=r"rows follow fer2013\.csv, and FER2013 lies here as folders.*put fer2013\.csv"):
        read(tmp_path / "as_folders")


def test_fer2013_has_the_majority_label_beside_its_own(both):
    faces = fer2013.read(both, both.parent / "cache")
    assert faces.extras["ferplus"].tolist() == [7, 5, -1, -1]
    assert faces.extras["ferplus"].dtype == np.int64
    assert faces.label.tolist() == [3, 0, 6, 1]


def test_fer2013_without_votes_has_no_such_column_and_no_warning(both, caplog):
    (both / "fer2013new.csv").unlink()
    assert fer2013.read(both, both.parent / "cache").extras == {}
    assert caplog.records == []


def test_other_numbers_of_images_are_one_warning_with_the_totals(both, caplog):
    faces = read(both)
    (message,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert message.startswith("data.label_mode=majority: ")
    assert "Training 1 (published 25,060), PublicTest 0 (published 3,199), PrivateTest 1 (published 3,153)" in message
    assert ferplus.official_counts(faces)["PrivateTest"]["disgust"] == 18


def test_official_counts_belong_to_the_mode_and_a_threshold_of_ones_own_has_none(both, caplog):
    totals = {
        mode: [sum(split.values()) for split in ferplus.official_counts(read(both, label_mode=mode)).values()]
        for mode in MODES
    }
    assert totals["share"] == [25373, 3225, 3160]
    assert totals["argmax"] == totals["distribution"] == [28389, 3553, 3546]
    caplog.clear()
    assert ferplus.official_counts(read(both, label_mode="multi", multi_threshold=0.25)) is None
    assert caplog.records == []


def test_drawn_votes_have_every_expression_in_training(tmp_path, tiny_faces):
    write_fer2013(tiny_faces, tmp_path, "fer2013.csv")
    write_ferplus(tmp_path)
    for mode in MODES:
        faces = ferplus.read(tmp_path, tmp_path / "cache", label_mode=mode)
        training = faces.label[faces.split == "Training"]
        assert set(range(8)) <= set(training.tolist())
