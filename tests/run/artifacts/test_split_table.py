"""split.csv says where each image stood."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from fer_lightning.data.faces import FaceSet
from fer_lightning.data.image_digests import compute_digest
from fer_lightning.run.artifacts.split_table import SplitRow, iter_split_rows, read_split, write_split

SAME = f"{np.int64(compute_digest(np.zeros((2, 2), dtype=np.uint8))).tobytes().hex()}"  # all four have these pixels


def faces(**columns):
    return FaceSet(
        pixels=np.zeros((4, 2, 2), dtype=np.uint8),
        label=np.array([1, 0, 1, 0]),
        class_names=("angry", "happy"),
        ids=np.array(['a,"1"', "b", "straße/3", "d"]),
        fingerprint="x",
        **columns,
    )


def written(tmp_path, faces, *sides):
    rows = (np.array(side, dtype=np.int64) for side in sides)
    write_split(faces, dict(zip(("train", "val", "test"), rows, strict=True)), tmp_path / "split.csv")
    with (tmp_path / "split.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_image_side_label_and_digest(tmp_path):
    assert written(tmp_path, faces(), [0, 3], [2], [1]) == [
        ["image", "side", "label", "digest"],
        ['a,"1"', "train", "happy", SAME],
        ["d", "train", "angry", SAME],
        ["straße/3", "val", "happy", SAME],
        ["b", "test", "angry", SAME],
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["split.csv"]


def test_people_are_named_where_they_are_known(tmp_path):
    rows = written(tmp_path, faces(subject=np.array(["x", "y", "", "x"])), [0, 2], [3], [1])
    assert rows[0] == ["image", "side", "label", "digest", "subject"]
    assert [row[4] for row in rows[1:]] == ["x", "", "x", "y"]


def test_an_image_on_two_sides_has_two_rows_and_an_empty_side_none(tmp_path):
    assert [row[:2] for row in written(tmp_path, faces(), [1], [], [1])[1:]] == [["b", "train"], ["b", "test"]]


@pytest.mark.parametrize("columns", [{}, {"subject": np.array(["x", "y", "", "x"])}])
def test_what_was_written_is_read_again(tmp_path, columns):
    written(tmp_path, faces(**columns), [0, 3], [2], [1, 3])
    sides = {"train": [0, 3], "val": [2], "test": [1, 3]}
    expected = list(iter_split_rows(faces(), {side: np.array(rows) for side, rows in sides.items()}))
    assert read_split(tmp_path / "split.csv") == expected
    assert expected[2] == SplitRow("straße/3", "val", "happy", SAME)


def test_a_split_from_before_digests_were_kept_says_nothing(tmp_path):
    (tmp_path / "split.csv").write_text("image,side,label\na,train,happy\n")
    assert read_split(tmp_path / "split.csv") == read_split(tmp_path / "none.csv") == []
