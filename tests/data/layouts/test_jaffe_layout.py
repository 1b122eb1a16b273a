"""JAFFE's layout as drawn for the tests is the published one."""

from __future__ import annotations

import re
from collections import Counter

import cv2
import numpy as np

from tests.layouts.jaffe import write_jaffe

CODES = {"AN": "angry", "DI": "disgust", "FE": "fear", "HA": "happy", "NE": "neutral", "SA": "sad", "SU": "surprise"}
PEOPLE = ["KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM"]


def test_names_say_who_what_and_which_and_the_face_stands_in_the_picture(tmp_path, tiny_faces):
    assert write_jaffe(tiny_faces, tmp_path / "new") == tmp_path / "new"
    files = list((tmp_path / "new").iterdir())
    assert len(files) == 84  # ten people's faces without contempt
    known = {image.tobytes(): row for row, image in enumerate(tiny_faces.pixels)}
    for file in files:
        person, code = re.fullmatch(r"([A-Z]{2})\.([A-Z]{2})[1-4]\.\d+\.tiff", file.name).groups()
        image = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        row = known[image[24:72, 24:72].tobytes()]
        assert image.shape == (96, 96)
        assert CODES[code] == tiny_faces.class_names[tiny_faces.label[row]]
        assert tiny_faces.subject[row] == f"S{PEOPLE.index(person):03d}"


def test_at_most_four_takes_of_an_expression_and_ten_people(tmp_path, make_faces):
    labels = [0] * 6 + [6] * 2 + [1] * 10 + [2]
    people = ["a"] * 8 + list("bcdefghijk") + ["k"]
    write_jaffe(make_faces(labels, size=48, subject=people), tmp_path)
    stems = sorted(file.name.split(".")[0] for file in tmp_path.iterdir())
    assert Counter(stems) == {"KA": 4 + 2} | {person: 1 for person in PEOPLE[1:]}
    takes = sorted(file.name.split(".")[1] for file in tmp_path.glob("KA.*"))
    assert takes == ["AN1", "AN2", "AN3", "AN4", "NE1", "NE2"]
    numbers = sorted(int(file.name.split(".")[2]) for file in tmp_path.iterdir())
    assert np.array_equal(numbers, np.arange(1, 16))
