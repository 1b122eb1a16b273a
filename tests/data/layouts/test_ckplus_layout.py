"""CK+'s layouts as drawn for the tests are those that people have."""

from __future__ import annotations

import csv
import re
from collections import Counter

import cv2
import numpy as np
import pytest

from fer_lightning.data.synthetic.read import read
from fer_lightning.errors import FerError
from tests.layouts.ckplus import write_ckplus
from tests.layouts.recordings import recordings

NUMBER = r"   -?\d\.\d{7}e[+-]\d\d"  # as MATLAB writes CK+'s files
EMOTIONS = ["neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise"]
TABLE = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt"]
FOLDERS = {"anger": "angry", "sadness": "sad"}


@pytest.fixture(scope="module")
def drawn(session_dir):
    """Eight people, each with seven sequences that begin neutral."""
    return read(session_dir / "cache", images=448, subjects=8)


@pytest.fixture(scope="module")
def official(drawn, tmp_path_factory):
    folder = tmp_path_factory.mktemp("layout") / "ckplus"
    assert write_ckplus(drawn, folder) == folder
    return folder


def sequence_rows(drawn, subject, take):
    """Rows of a person's sequence, counted from 1, in time."""
    name = list(dict.fromkeys(drawn.sequence[drawn.subject == subject]))[take - 1]
    rows = np.flatnonzero(drawn.sequence == name)
    return rows[np.argsort(drawn.frame[rows])]


def numbers(path):
    assert re.fullmatch(rf"(({NUMBER})+\n)+", path.read_text())
    return np.loadtxt(path, ndmin=2)


def test_every_frame_is_a_photograph_with_the_face_in_it(official, drawn):
    files = sorted((official / "cohn-kanade-images").rglob("*.png"))
    assert len(files) == 448
    for file in files[::7]:
        subject, take, number = file.stem.split("_")
        assert file.parent == official / "cohn-kanade-images" / subject / take
        row = sequence_rows(drawn, subject, int(take))[int(number) - 1]
        image = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        assert image.shape[:2] == (120, 160)
        assert (image.ndim == 3) == (subject in ("S003", "S007"))
        face = image[36:84, 56:104, 2] if image.ndim == 3 else image[36:84, 56:104]  # the tint leaves red as it was
        assert np.array_equal(face, drawn.pixels[row])


def test_sequences_run_from_neutral_to_the_peak(official, drawn):
    folder = official / "Emotion" / "S000"
    assert sorted(item.name for item in folder.iterdir()) == ["001", "002", "003", "004", "006", "007"]
    for take in (1, 2, 3, 4, 6, 7):
        rows = sequence_rows(drawn, "S000", take)
        (file,) = (folder / f"{take:03d}").iterdir()
        assert file.name == f"S000_{take:03d}_{len(rows):08d}_emotion.txt"
        assert EMOTIONS[int(numbers(file)[0, 0])] == drawn.class_names[drawn.label[rows[-1]]]
        assert drawn.class_names[drawn.label[rows[0]]] == "neutral"
        assert (np.diff(drawn.extras["sequence_position"][rows]) > 0).all()


def test_every_fifth_sequence_has_no_label_and_every_class_some(official):
    files = list((official / "Emotion").rglob("*.txt"))
    assert len(files) == 56 - 56 // 5
    counts = Counter(EMOTIONS[int(numbers(file)[0, 0])] for file in files)
    assert set(counts) == set(EMOTIONS[1:])
    assert min(counts.values()) >= 6


def test_landmarks_lie_on_the_face_in_the_photograph(official, drawn):
    files = sorted((official / "Landmarks").rglob("*_landmarks.txt"))
    assert len(files) == 448
    for file in files[::50]:
        subject, take, number, _ = file.stem.split("_")
        points = numbers(file)
        row = sequence_rows(drawn, subject, int(take))[int(number) - 1]
        assert points.shape == (68, 2)
        assert np.allclose(points, drawn.extras["landmarks"][row] + (56, 36), atol=1e-4)


def test_every_sequence_has_the_action_units_of_its_peak(official, drawn):
    files = sorted((official / "FACS").rglob("*_facs.txt"))
    assert len(files) == 56
    units = {file.parent.relative_to(official / "FACS").as_posix(): dict(numbers(file)) for file in files}
    for place, shown in units.items():
        subject, take = place.split("/")
        peak = drawn.extras["action_units"][sequence_rows(drawn, subject, int(take))[-1]]
        assert len(shown) == np.count_nonzero(peak)
        assert set(shown.values()) <= {1, 2, 3, 4, 5}
        assert max(shown.values()) == np.ceil(5 * peak.max())


def test_crops_are_the_last_three_frames_of_labelled_sequences(drawn, tmp_path):
    assert write_ckplus(drawn, tmp_path, "ck48") == tmp_path
    files = sorted((tmp_path / "CK+48").rglob("*.png"))
    assert len(files) == 3 * 45
    assert len(list((tmp_path / "CK+48").iterdir())) == 7
    for file in files:
        subject, take, number = file.stem.split("_")
        row = sequence_rows(drawn, subject, int(take))[int(number) - 1]
        assert number in ("00000006", "00000007", "00000008")
        assert np.array_equal(cv2.imread(str(file), cv2.IMREAD_UNCHANGED), drawn.pixels[row])
        assert FOLDERS.get(file.parent.name, file.parent.name) == drawn.class_names[drawn.label[row]]


def test_the_table_holds_the_peaks_and_the_first_frame_of_all(drawn, tmp_path):
    assert write_ckplus(drawn, tmp_path, "ckextended.csv") == tmp_path / "ckextended.csv"
    header, *rows = csv.reader((tmp_path / "ckextended.csv").read_text().splitlines())
    assert header == ["emotion", "pixels", "Usage"]
    known = {image.tobytes(): row for row, image in enumerate(drawn.pixels)}
    assert len(rows) == 45 + 56
    for label, pixels, _ in rows:
        was = known[np.array(pixels.split(), dtype=np.uint8).tobytes()]
        assert TABLE[int(label)] == drawn.class_names[drawn.label[was]]
        assert drawn.extras["sequence_position"][was] in (0, 1)
    assert Counter(usage for _, _, usage in rows) == {"Training": 81, "PublicTest": 10, "PrivateTest": 10}


def test_sequences_that_do_not_begin_neutral_or_are_short_have_no_label(make_faces):
    sequence = ["a"] * 4 + ["b"] * 4 + ["c"] * 3 + ["d"] * 4
    faces = make_faces(
        [6, 3, 3, 3] + [3, 3, 3, 3] + [6, 3, 3] + [6, 6, 6, 6],
        sequence=sequence,
        subject=["S000"] * 8 + ["S001"] * 7,
        frame=[0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 0, 1, 2, 3],
    )
    found = [(take.subject, take.take, take.label) for take in recordings(faces)]
    assert found == [("S000", "001", "happy"), ("S000", "002", None), ("S001", "001", None), ("S001", "002", None)]


def test_frames_are_put_in_time(make_faces):
    faces = make_faces([3, 6, 3, 3], sequence=["a"] * 4, subject=["S000"] * 4, frame=[3, 0, 1, 2])
    (take,) = recordings(faces)
    assert (take.rows, take.label) == ([1, 2, 3, 0], "happy")


def test_an_unknown_layout_is_refused_with_the_choices(tmp_path, tiny_faces):
    with pytest.raises(FerError, match=r"layout=ck49: choose among official, ck48, ckextended\.csv"):
        write_ckplus(tiny_faces, tmp_path / "new", "ck49")
    assert list(tmp_path.iterdir()) == []
