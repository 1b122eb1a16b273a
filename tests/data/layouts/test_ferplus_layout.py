"""Drawn votes look like the published file and mostly agree with the table beside them."""

from __future__ import annotations

import csv

import pytest

from tests.layouts.fer2013 import FER2013_CLASSES, write_fer2013
from tests.layouts.ferplus import write_ferplus

# FER+'s word for each of FER2013's classes
WORDS = {
    "angry": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "happy": "happiness",
    "sad": "sadness",
    "surprise": "surprise",
    "neutral": "neutral",
}


@pytest.fixture
def drawn(tmp_path, evenly_labelled):
    write_fer2013(evenly_labelled, tmp_path, "fer2013.csv")
    return write_ferplus(tmp_path)


@pytest.fixture
def evenly_labelled(make_faces):
    return make_faces(list(range(7)) * 20, size=48)


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_file_is_the_published_one_in_form(drawn):
    lines = drawn.read_text().splitlines()
    assert drawn.name == "fer2013new.csv"
    assert lines[0] == ("Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF")
    assert lines[1].startswith("Training,fer0000000.png,")
    assert all(sum(map(int, line.split(",")[2:])) == 10 for line in lines[1:])


def test_rows_and_usages_are_those_of_the_table_and_most_labels_too(drawn):
    images = rows_of(drawn.with_name("fer2013.csv"))
    votes = rows_of(drawn)
    assert [row["Usage"] for row in votes] == [row["Usage"] for row in images]
    agreed = sum(
        int(row[WORDS[FER2013_CLASSES[int(image["emotion"])]]]) > 5 for row, image in zip(votes, images, strict=True)
    )
    assert 0.6 < agreed / len(votes) < 0.9


def test_there_are_ties_unknown_faces_and_images_without_a_face(drawn):
    votes = rows_of(drawn)
    names = list(votes[0])[2:]
    tables = [[int(row[name]) for name in names] for row in votes]
    assert any(sorted(row)[-2:] == [5, 5] for row in tables)
    assert any(row[names.index("unknown")] == max(row) for row in tables)
    assert any(row[names.index("NF")] == 10 for row in tables)
    for usage in ("Training", "PublicTest", "PrivateTest"):
        assert any(int(row["contempt"]) > 5 for row in votes if row["Usage"] == usage)


def test_the_votes_are_always_the_same(drawn):
    before = drawn.read_bytes()
    assert write_ferplus(drawn.parent).read_bytes() == before
