"""CK+'s published sequences are read as their own files say; these are written here by hand."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from fer_lightning.data.readers import ckplus
from fer_lightning.errors import FerError

# what CK+'s ReadMe says of the one number in an emotion file
README = ["neutral", "angry", "contempt", "disgust", "fear", "happy", "sad", "surprise"]
# sequence -> numbers of its frames, and its emotion
SEQUENCES = {
    "S005/001": ([1, 2, 3, 4, 5], 3),
    "S005/002": ([1, 2], 5),  # shorter than any of CK+
    "S010/001": ([1, 2, 3, 4], None),
    "S011/001": ([9, 10, 11, 100], 7),  # names that do not count from 1
}


def name(sequence, number):
    return f"{sequence.replace('/', '_')}_{number:08d}"


def draw_image(path, colour=False):
    seed = [int(part) for part in path.stem[1:].split("_")]
    image = np.random.default_rng(seed).integers(0, 256, (6, 8, 3) if colour else (6, 8), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
    return image


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def root(tmp_path):
    """The four sequences, in grey but for one; FACS codes of one; landmarks of all."""
    root = tmp_path / "ckplus"
    for sequence, (numbers, emotion) in SEQUENCES.items():
        for number in numbers:
            draw_image(root / "cohn-kanade-images" / sequence / f"{name(sequence, number)}.png", sequence == "S011/001")
            points = "".join(f"   {number + x:.7e}   {2.5 * x:.7e}\n" for x in range(68))
            write(root / "Landmarks" / sequence / f"{name(sequence, number)}_landmarks.txt", points)
        (root / "Emotion" / sequence).mkdir(parents=True)  # in CK+ too, folders without a label are there and empty
        if emotion is not None:
            write(root / "Emotion" / sequence / f"{name(sequence, numbers[-1])}_emotion.txt", f"   {emotion:.7e}\n")
    codes = "   4.0000000e+00   0.0000000e+00\n   2.5000000e+01   3.0000000e+00\n"
    write(root / "FACS/S005/001/S005_001_00000005_facs.txt", codes)
    return root


def rows(faces):
    return [
        (sequence, int(frame), faces.class_names[label])
        for sequence, frame, label in zip(faces.sequence, faces.frame, faces.label, strict=True)
    ]


def test_the_last_three_frames_of_labelled_sequences(root, tmp_path):
    faces = ckplus.read(root, tmp_path / "cache")
    disgust, happy = [("S005/001", frame, "disgust") for frame in (2, 3, 4)], [("S005/002", f, "happy") for f in (0, 1)]
    assert rows(faces) == disgust + happy + [("S011/001", frame, "surprise") for frame in (1, 2, 3)]
    assert faces.subject.tolist() == ["S005"] * 5 + ["S011"] * 3
    assert faces.ids[0] == "cohn-kanade-images/S005/001/S005_001_00000003.png"
    assert faces.class_names == ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral", "contempt")
    assert faces.split is None


def test_the_apex_alone(root, tmp_path):
    faces = ckplus.read(root, tmp_path / "cache", "apex")
    assert rows(faces) == [("S005/001", 4, "disgust"), ("S005/002", 1, "happy"), ("S011/001", 3, "surprise")]


def test_the_first_frame_is_neutral(root, tmp_path):
    faces = ckplus.read(root, tmp_path / "cache", "first_and_last3")
    neutral = [row for row in rows(faces) if row[2] == "neutral"]
    assert neutral == [("S005/001", 0, "neutral"), ("S011/001", 0, "neutral")]
    assert len(faces) == 8 + 2


@pytest.mark.parametrize("frames", ["all", "apx", "", "last"])
def test_other_frames_are_refused(root, tmp_path, frames):
    with pytest.raises(FerError, match=rf"data\.frames={frames}: .* choose among apex, last3, first_and_last3"):
        ckplus.read(root, tmp_path / "cache", frames)


@pytest.mark.parametrize("number", range(8))
def test_an_emotions_number_means_what_the_readme_says(root, tmp_path, number):
    write(root / "Emotion/S005/001/S005_001_00000005_emotion.txt", f"{number}.0\n")
    faces = ckplus.read(root, tmp_path / "cache", "apex")
    assert faces.class_names[faces.label[0]] == README[number]


def test_another_label_in_the_files_is_seen_at_once(root, tmp_path):
    before = ckplus.read(root, tmp_path / "cache", "apex")
    write(root / "Emotion/S010/001/S010_001_00000004_emotion.txt", "   2.0000000e+00\n")
    after = ckplus.read(root, tmp_path / "cache", "apex")
    assert [row[2] for row in rows(before)] == ["disgust", "happy", "surprise"]
    assert [row[2] for row in rows(after)] == ["disgust", "happy", "contempt", "surprise"]


def test_photographs_arrive_in_grey_or_colour_as_they_are(root, tmp_path):
    faces = ckplus.read(root, tmp_path / "cache", "apex")
    assert [image.shape for image in faces.pixels] == [(6, 8), (6, 8), (6, 8, 3)]
    assert faces.extras["colour"].tolist() == [0, 0, 1]
    again = draw_image(tmp_path / "S011_001_00000100.png", colour=True)
    assert np.array_equal(faces.pixels[2], again)


def test_action_units_are_those_of_the_peak_and_neutral_frames_have_none(root, tmp_path):
    faces = ckplus.read(root, tmp_path / "cache", "first_and_last3")
    units = dict(zip(faces.ids.tolist(), faces.extras["facs"].tolist(), strict=True))
    place = "cohn-kanade-images/S005/001/S005_001_0000000"
    assert {key[len(place) :]: value for key, value in units.items() if key.startswith(place)} == {
        "1.png": "",
        "3.png": "4:0 25:3",
        "4.png": "4:0 25:3",
        "5.png": "4:0 25:3",
    }
    assert {value for key, value in units.items() if "S005/001" not in key} == {""}


def test_landmarks_are_those_of_each_frame(root, tmp_path):
    faces = ckplus.read(root, tmp_path / "cache", "first_and_last3")
    numbers = [int(name[-12:-4]) for name in faces.ids]
    assert faces.extras["landmarks"].shape == (10, 68, 2)
    assert faces.extras["landmarks"].dtype == np.float32
    assert faces.extras["landmarks"][:, 0].tolist() == [[number, 0] for number in numbers]
    assert faces.extras["landmarks"][:, 67].tolist() == [[number + 67, 167.5] for number in numbers]


def test_codes_and_landmarks_may_be_absent(root, tmp_path, caplog):
    caplog.set_level("INFO")
    (root / "FACS").rename(tmp_path / "FACS")
    (root / "Landmarks/S005/002/S005_002_00000002_landmarks.txt").unlink()
    faces = ckplus.read(root, tmp_path / "cache")
    assert "CK+: 1 of 8 images lack landmarks: none are used" in caplog.messages
    (root / "Landmarks").rename(tmp_path / "Landmarks")
    caplog.clear()
    without = ckplus.read(root, tmp_path / "cache")
    assert "landmarks" not in caplog.text
    assert {"facs", "landmarks"}.isdisjoint({**faces.extras, **without.extras})


def test_sequences_without_a_label_are_counted(root, tmp_path, caplog):
    caplog.set_level("INFO")
    ckplus.read(root, tmp_path / "cache")
    assert "CK+: 1 of 4 sequences have no label and are left out" in caplog.messages


PLACES = {
    "one folder deeper": {kind: f"CK+/{kind}" for kind in ("cohn-kanade-images", "Emotion", "FACS", "Landmarks")},
    "as archives unpack": {
        "cohn-kanade-images": "extended-cohn-kanade-images/cohn-kanade-images",
        "Emotion": "Emotion_labels/Emotion",
        "FACS": "FACS_labels/FACS",
        "Landmarks": "Landmarks/Landmarks",
    },
    "both": {
        "cohn-kanade-images": "CK+/extended-cohn-kanade-images/cohn-kanade-images",
        "Emotion": "CK+/Emotion_labels/Emotion",
        "FACS": "CK+/FACS_labels/FACS",
        "Landmarks": "Landmarks",
    },
}


@pytest.mark.parametrize("way", PLACES)
def test_the_folders_lie_where_people_have_them(root, tmp_path, way):
    expected = ckplus.read(root, tmp_path / "cache")
    for kind, place in PLACES[way].items():
        (tmp_path / "moved" / place).parent.mkdir(parents=True, exist_ok=True)
        (root / kind).rename(tmp_path / "moved" / place)
    faces = ckplus.read(tmp_path / "moved", tmp_path / "cache")
    assert rows(faces) == rows(expected)
    assert faces.fingerprint == expected.fingerprint
    assert faces.ids[0].startswith(f"{PLACES[way]['cohn-kanade-images']}/S005/001/")
    for kind in ("facs", "landmarks"):
        assert np.array_equal(faces.extras[kind], expected.extras[kind])


def test_what_lies_beside_the_files_is_passed_over(root, tmp_path):
    expected = ckplus.read(root, tmp_path / "cache")
    for place in ("cohn-kanade-images/S005/001", "Emotion/S005/001", "cohn-kanade-images", "Emotion"):
        for other in (".DS_Store", "Thumbs.db", "ReadMe.txt", "._S005_001_00000005_emotion.txt"):
            write(root / place / other, "x")
    assert rows(ckplus.read(root, tmp_path / "cache")) == rows(expected)


def test_images_without_the_folder_of_labels(root, tmp_path):
    (root / "Emotion").rename(tmp_path / "Emotion")
    with pytest.raises(FerError, match=r"cohn-kanade-images is here, and no folder Emotion .* Emotion_labels\.zip"):
        ckplus.read(root, tmp_path / "cache")


def test_the_full_sequences_come_before_the_crops(root, tmp_path):
    draw_image(root / "CK+48" / "anger" / "S005_001_00000005.png")
    write(root / "ckextended.csv", "nothing of use")
    assert len(ckplus.read(root, tmp_path / "cache")) == 8


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_absent_files_are_told_every_layout_and_where_to_get_them(tmp_path, place):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FerError) as caught:
        ckplus.read(tmp_path / place, tmp_path / "cache")
    layouts = ["cohn-kanade-images/", "Emotion/", "FACS/", "Landmarks/", "CK+48/<expression>/", "ckextended.csv.xz"]
    for part in [str(tmp_path / place), *layouts, "Pittsburgh", "agreement", "DIR/ckplus/", "data.faces.dir=DIR"]:
        assert part in str(caught.value)
