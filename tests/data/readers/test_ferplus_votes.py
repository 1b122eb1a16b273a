"""Votes become labels as worked out by hand, and a malformed votes file is one clear error."""

from __future__ import annotations

import gzip
import lzma
import re
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.readers.fer_votes import MODES, find_votes, label, read_votes
from fer_lightning.errors import FerError

HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
USAGES = ("Training", "PublicTest", "PrivateTest")
ROWS = [
    "Training,fer0.png,4,0,0,1,3,2,0,0,0,0",
    "PublicTest,,0,0,0,0,0,0,0,0,0,10",
    "PrivateTest,x,0,9,0,0,0,0,0,0,0,0",
]
TEXT = "\n".join([HEADER, *ROWS]) + "\n"

# votes in the file's order: neutral happy surprise sad | angry disgust fear contempt | unknown NF
# and the label under majority, share, argmax, multi; "" is dropped
BY_HAND = {
    "all agree": ([0, 10, 0, 0, 0, 0, 0, 0, 0, 0], "happy", "happy", "happy", "happy"),
    "contempt": ([1, 0, 0, 0, 0, 0, 0, 9, 0, 0], "contempt", "contempt", "contempt", "contempt"),
    "half, and no single vote": ([5, 0, 0, 3, 2, 0, 0, 0, 0, 0], "", "neutral", "neutral", "neutral"),
    "half with a single vote": ([5, 0, 0, 4, 1, 0, 0, 0, 0, 0], "neutral", "neutral", "neutral", "neutral"),
    "less than half, single votes decide": ([0, 0, 0, 4, 1, 1, 3, 0, 1, 0], "sad", "", "sad", "sad"),
    "less than half of the rest": ([4, 0, 0, 1, 3, 2, 0, 0, 0, 0], "", "", "neutral", "neutral"),
    "a tie": ([0, 0, 5, 0, 0, 0, 5, 0, 0, 0], "", "surprise", "surprise", "surprise"),
    "a tie with unknown": ([0, 0, 0, 0, 0, 5, 0, 0, 5, 0], "", "disgust", "disgust", "disgust"),
    "unknown on top": ([4, 0, 0, 0, 0, 0, 0, 0, 6, 0], "", "", "", ""),
    "no face": ([0, 0, 0, 0, 0, 0, 0, 0, 0, 10], "", "", "", ""),
    "five columns of two": ([2, 2, 2, 2, 2, 0, 0, 0, 0, 0], "", "", "neutral", ""),
    "three votes of ten reach three tenths": ([3, 3, 2, 2, 0, 0, 0, 0, 0, 0], "", "", "neutral", "neutral"),
    "five and five singles": ([1, 1, 1, 1, 0, 0, 5, 1, 0, 0], "fear", "fear", "fear", "fear"),
    "ten singles": ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], "", "", "neutral", ""),
}


@pytest.mark.parametrize("case", BY_HAND)
@pytest.mark.parametrize(
    ("place", "mode"), [(1, "majority"), (2, "share"), (3, "argmax"), (3, "distribution"), (4, "multi")]
)
def test_labels_by_hand(case, place, mode):
    expected = BY_HAND[case][place]
    (found,), _ = label(np.array([BY_HAND[case][0]]), mode)
    assert (EXPRESSIONS[found] if found >= 0 else "") == expected


def test_single_votes_are_no_target_of_multi_and_part_of_distribution():
    votes = np.array([[4, 0, 0, 1, 3, 2, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0, 10, 0], [0, 0, 6, 0, 0, 0, 0, 0, 4, 0]])
    #        angry disgust fear happy sad surprise neutral contempt
    shares = [[0.3, 0.2, 0, 0, 0.1, 0, 0.4, 0], [0] * 8, [0, 0, 0, 0, 0, 1, 0, 0]]
    several = [[0.5, 0, 0, 0, 0, 0, 0.5, 0], [0] * 8, [0, 0, 0, 0, 0, 1, 0, 0]]
    for mode, expected in (("distribution", shares), ("multi", several)):
        labels, target = label(votes, mode)
        assert target.dtype == np.float32
        assert np.array_equal(target, np.array(expected, dtype=np.float32))
        assert labels.tolist() == [6, -1, 5]


def test_the_threshold_of_multi_decides_how_many_are_right():
    votes = np.array([[5, 0, 0, 3, 2, 0, 0, 0, 0, 0]])
    assert [int((label(votes, "multi", share)[1] > 0).sum()) for share in (0.2, 0.3, 0.31, 0.6)] == [3, 2, 0, 0]


def test_other_modes_have_no_target_and_wrong_modes_are_refused():
    votes = np.array([[10, *[0] * 9]])
    assert [label(votes, mode)[1] for mode in ("majority", "share", "argmax")] == [None] * 3
    with pytest.raises(FerError, match=r"data\.label_mode=majorty: choose among .*did you mean majority"):
        label(votes, "majorty")
    with pytest.raises(FerError, match=r"data\.faces\.multi_threshold=0: choose a share"):
        label(votes, "multi", 0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=9, max_size=9).map(sorted), min_size=1, max_size=5))
def test_targets_sum_to_one_and_favour_the_label_and_stricter_modes_keep_fewer(cuts):
    # nine sorted cuts of ten votes over ten columns
    votes = np.array([np.bincount(row + [0], minlength=10) for row in cuts])
    kept = {mode: label(votes, mode)[0] for mode in MODES}
    assert (kept["argmax"][kept["share"] >= 0] >= 0).all()
    assert np.array_equal(kept["argmax"], kept["distribution"])
    for mode in ("distribution", "multi"):
        labels, target = label(votes, mode)
        assert np.allclose(target.sum(axis=1), labels >= 0)
        rows = np.flatnonzero(labels >= 0)
        assert np.array_equal(target[rows, labels[rows]], target[rows].max(axis=1))


@pytest.mark.parametrize("ending", ["", ".xz", ".gz", ".zip"])
def test_the_file_packed_or_not(tmp_path, ending):
    path = tmp_path / f"fer2013new.csv{ending}"
    if ending == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("FERPlus/fer2013new.csv", TEXT)
    else:
        pack = {"": bytes, ".xz": lzma.compress, ".gz": gzip.compress}[ending]
        path.write_bytes(pack(TEXT.encode()))
    assert find_votes(tmp_path) == path
    table = read_votes(path, USAGES)
    assert table.usage.tolist() == list(USAGES)
    assert table.votes.tolist() == [
        [4, 0, 0, 1, 3, 2, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 10],
        [0, 9, 0, 0, 0, 0, 0, 0, 0, 0],
    ]


def test_columns_are_found_by_name(tmp_path):
    swapped = (
        HEADER.replace("neutral", "x").replace("anger", "neutral").replace("x", "anger").replace(",fear", ", fear ")
    )
    (tmp_path / "votes.csv").write_text("\n".join([swapped, ROWS[0]]))
    assert read_votes(tmp_path / "votes.csv", USAGES).votes[0].tolist() == [3, 0, 0, 1, 4, 2, 0, 0, 0, 0]


FAULTS = {
    "no contempt": (TEXT.replace("contempt", "disdain"), r"line 1: no column contempt; the columns are Usage"),
    "fear twice": (
        TEXT.replace("contempt,", "fear,").replace("unknown", "contempt,unknown"),
        r"line 1: the column fear",
    ),
    "letters": (TEXT.replace("4,0,0,1", "4,0,o,1"), r"line 2: surprise is 'o', it must be a whole number from 0 to 10"),
    "a fraction": (TEXT.replace("4,0,0,1", "4.0,0,0,1"), r"line 2: neutral is '4\.0'"),
    "negative": (TEXT.replace("4,0,0,1", "4,-1,0,1"), r"line 2: happiness is '-1'"),
    "eleven": (TEXT.replace("0,10\n", "0,11\n"), r"line 3: NF is '11'"),
    "an Arabic three": (TEXT.replace(",3,", ",\u0663,"), r"line 2: anger is"),
    "nothing": (TEXT.replace("4,0,0,1", ",0,0,1"), r"line 2: neutral is ''"),
    "no vote": (TEXT.replace("0,10\n", "0,0\n"), r"line 3: 0 votes in all, an image has 1 to 10"),
    "twelve votes": (TEXT.replace("4,0,0,1", "4,2,0,1"), r"line 2: 12 votes in all"),
    "unknown Usage": (
        TEXT.replace("PublicTest", "PublicTset"),
        r"line 3: Usage is 'PublicTset'.*did you mean PublicTest",
    ),
    "cut off": (TEXT[:-12], r"line 4: \d+ cells for 12 columns; is the file cut off"),
    "a quote never closed": (TEXT.replace("4,0,0,1", '"4,0,0,1') + TEXT * 2000, r"this is not a table of comma"),
    "only a header": (HEADER, r"there is no row under the header"),
    "empty": ("", r"line 1: no column Usage, neutral"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_file_and_line(tmp_path, fault):
    text, message = FAULTS[fault]
    path = tmp_path / "fer2013new.csv"
    path.write_text(text)
    with pytest.raises(FerError) as caught:
        read_votes(path, USAGES)
    assert str(caught.value).startswith(str(path))
    assert re.search(message, str(caught.value)), str(caught.value)
    assert len(str(caught.value).replace(str(path), "")) < 500


@settings(max_examples=150, deadline=None)
@given(place=st.integers(0, len(TEXT.encode())), length=st.integers(0, 30), noise=st.binary(max_size=12))
def test_a_spoilt_file_is_read_rightly_or_refused_by_name(tmp_path_factory, place, length, noise):
    content = TEXT.encode()
    path = tmp_path_factory.getbasetemp() / "spoilt.csv"
    path.write_bytes(content[:place] + noise + content[place + length :])
    refusal = ""
    try:
        table = read_votes(path, USAGES)
    except FerError as fault:
        refusal = str(fault)
    if refusal:
        assert "spoilt.csv" in refusal
        return
    assert ((table.votes.sum(axis=1) >= 1) & (table.votes.sum(axis=1) <= 10)).all()
    assert set(table.usage) <= set(USAGES)
