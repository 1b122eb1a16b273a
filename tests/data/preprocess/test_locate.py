"""The search for faces: who looks when, what is kept, and what becomes of images without a face."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from fer_lightning.data.preprocess import locate as module
from fer_lightning.data.preprocess.detectors import DETECTORS, Face
from fer_lightning.data.preprocess.locate import FACE_CHOICES, Locate, choose_face
from fer_lightning.errors import FerError
from tests.layouts.scene import in_scene

# grey of the first pixel -> the faces that a detector sees in such an image
ONE = [Face((2, 3, 4, 4), 1.0, np.array([[3.0, 4.0], [5.0, 4.0]]))]
TWO = [Face((0, 0, 2, 2), 5.0, None), Face((4, 4, 6, 6), 1.0, None)]
SEEN = {"first": {10: ONE}, "second": {10: TWO, 20: TWO}}


@pytest.fixture
def looks(monkeypatch):
    """Two detectors that know images by their first pixel; a list of who looked at which."""
    looked = []

    def detector(name):
        def look(image):
            looked.append((name, int(image.flat[0])))
            return SEEN[name].get(int(image.flat[0]), [])

        return lambda: look

    monkeypatch.setattr(module, "DETECTORS", {name: detector(name) for name in SEEN})
    return looked


@pytest.fixture
def faces(make_faces):
    """Three images: the first detector sees a face in one, the second in two, nobody in the third."""
    made = make_faces([3, 0, 6], extras={})
    made.pixels[:, 0, 0] = 10, 20, 30
    return made


CASCADE = {"detectors": ["first", "second"]}


def test_without_detectors_nothing_is_searched(faces, tmp_path):
    assert Locate().faces(faces, tmp_path) is faces
    assert list(tmp_path.iterdir()) == []


def test_a_detector_looks_only_at_what_those_before_it_missed(faces, tmp_path, looks):
    found = Locate(**CASCADE).find_faces(faces, tmp_path)
    assert looks == [("first", 10), ("first", 20), ("second", 20), ("first", 30), ("second", 30)]
    assert found["detector"].tolist() == [0, 1, -1]
    assert found["faces"].tolist() == [1, 2, 0]
    assert found["box"].tolist() == [[2, 3, 4, 4], [0, 0, 2, 2], [0, 0, 0, 0]]
    assert found["eyes"][0].tolist() == [[3, 4], [5, 4]]
    assert np.isnan(found["eyes"][1:]).all()


def test_the_order_of_the_detectors_counts(faces, tmp_path, looks):
    found = Locate(["second", "first"]).find_faces(faces, tmp_path)
    assert found["detector"].tolist() == [0, 0, -1]
    assert found["faces"].tolist() == [2, 2, 0]


def test_faces_are_cut_out_and_others_stay_whole(faces, tmp_path, looks):
    located = Locate(**CASCADE).faces(faces, tmp_path)
    assert np.array_equal(located.pixels[0], faces.pixels[0, 3:7, 2:6])
    assert np.array_equal(located.pixels[1], faces.pixels[1, 0:2, 0:2])
    assert np.array_equal(located.pixels[2], faces.pixels[2])
    assert len(list(located.pixels)) == len(located) == 3
    assert located.label.tolist() == [3, 0, 6]
    assert located.fingerprint != faces.fingerprint


@pytest.mark.parametrize(("how", "box"), [("best", [0, 0, 2, 2]), ("largest", [4, 4, 6, 6]), ("central", [4, 4, 6, 6])])
def test_of_several_faces_one_is_taken_as_asked(faces, tmp_path, looks, how, box):
    assert Locate(**CASCADE, on_several=how).find_faces(faces, tmp_path)["box"][1].tolist() == box


def test_several_faces_are_an_error_where_that_is_asked(faces, tmp_path, looks):
    with pytest.raises(FerError, match=r"00001: 2 faces found; data\.locate\.on_several=largest"):
        Locate(**CASCADE, on_several="error").faces(faces, tmp_path)


def test_an_image_without_a_face_loses_its_label_where_that_is_asked(faces, tmp_path, looks):
    located = Locate(**CASCADE, on_none="drop").faces(faces, tmp_path)
    assert located.label.tolist() == [3, 0, -1]
    assert faces.label.tolist() == [3, 0, 6]


def test_an_image_without_a_face_is_an_error_where_that_is_asked(faces, tmp_path, looks):
    with pytest.raises(FerError, match=r"00002: no face found, and in 1 of 3 images; data\.locate\.on_none=whole"):
        Locate(**CASCADE, on_none="error").faces(faces, tmp_path)


def test_the_search_is_kept_whatever_becomes_of_its_finds(faces, tmp_path, looks):
    first = Locate(**CASCADE).faces(faces, tmp_path)
    assert len(looks) == 5
    others = [{"on_none": "drop"}, {"crop": False, "align": True}, {"margin": 0.5}]
    located = [Locate(**CASCADE, **other).faces(faces, tmp_path) for other in others]
    assert len(looks) == 5
    assert len({made.fingerprint for made in [first, *located]}) == 4


@pytest.mark.parametrize("change", [{"detectors": ["second"]}, {"on_several": "largest"}, {"keep_up_to": 12}])
def test_settings_of_the_search_search_anew(faces, tmp_path, looks, change):
    Locate(**CASCADE).find_faces(faces, tmp_path)
    before = len(list(tmp_path.glob("located-*[!k]")))
    Locate(**CASCADE | change).find_faces(faces, tmp_path)
    assert len(list(tmp_path.glob("located-*[!k]"))) == before + 1


def test_small_images_are_crops_already(faces, tmp_path, looks):
    how = Locate(**CASCADE, keep_up_to=12, on_none="error")
    found = how.find_faces(faces, tmp_path)
    assert looks == []
    assert found["detector"].tolist() == [-2, -2, -2]
    assert np.array_equal(how.faces(faces, tmp_path).pixels[0], faces.pixels[0])
    assert how.count_detections(found)["first"] == {"tried": 0, "found": 0}
    assert Locate(**CASCADE, keep_up_to=11).find_faces(faces, tmp_path)["detector"].tolist() == [0, 1, -1]


def test_rates_and_report_by_hand(faces, tmp_path, looks):
    how = Locate(**CASCADE, on_none="drop", on_several="largest", align=True)
    found = how.find_faces(faces, tmp_path)
    assert how.count_detections(found) == {"first": {"tried": 3, "found": 1}, "second": {"tried": 2, "found": 1}}
    assert how.describe_search(found) == [
        "first: a face in 1 of 3 images (33.3%)",
        "second: a face in 1 of 2 images (50.0%)",
        "no face in 1 image (left out); several in 1 (largest taken)",
        "eyes known in 1 of 2 faces; the others are not turned",
    ]


def test_a_report_does_not_say_what_becomes_of_several_faces_where_no_image_has_them(faces, tmp_path, looks):
    how = Locate(["first"], on_several="error")
    assert how.describe_search(how.find_faces(faces, tmp_path))[1:] == [
        "no face in 2 images (kept whole); several in 0"
    ]


def marks_of(*boxes):
    """Points on the corners of each box, those of the eyes level in it; NaN for None."""
    marks = np.full((len(boxes), 68, 2), np.nan, dtype=np.float32)
    for row, box in enumerate(boxes):
        if box is not None:
            left, top, width, height = box
            marks[row] = left, top
            marks[row, 0], marks[row, 1] = (left, top), (left + width, top + height)
            marks[row, 36:42], marks[row, 42:48] = (left + 1, top + 1), (left + width - 1, top + 1)
    return marks


def test_points_of_the_data_set_are_a_detector_and_missing_ones_are_a_miss(faces, tmp_path, looks):
    marked = replace(faces, extras={"landmarks": marks_of((1, 2, 5, 6), None, (0, 0, 4, 4))})
    found = Locate(["landmarks", "second"]).find_faces(marked, tmp_path)
    assert looks == [("second", 20)]
    assert found["detector"].tolist() == [0, 1, 0]
    assert found["box"][[0, 2]].tolist() == [[1, 2, 5, 6], [0, 0, 4, 4]]
    assert found["eyes"][0].tolist() == [[2, 3], [5, 3]]


def test_a_data_set_without_points_leaves_all_to_the_next(faces, tmp_path, looks):
    assert Locate(["landmarks", "second"]).find_faces(faces, tmp_path)["detector"].tolist() == [1, 1, -1]


def test_other_points_on_the_same_pixels_are_another_search(faces, tmp_path, looks):
    how = Locate(["landmarks"])
    assert how.find_faces(faces, tmp_path)["detector"].tolist() == [-1, -1, -1]
    boxes = [(1, 2, 5, 6), None, None]
    for first in (boxes[0], (2, 2, 3, 3)):
        marked = replace(faces, extras={"landmarks": marks_of(first, None, None)})
        assert how.find_faces(marked, tmp_path)["box"][0].tolist() == list(first)
    marked = (replace(faces, extras={"landmarks": marks_of(first, None, None)}) for first in (boxes[0], (2, 2, 3, 3)))
    assert len({how.faces(one, tmp_path).fingerprint for one in marked}) == 2


def test_a_search_that_finds_no_face_at_all_is_refused(faces, tmp_path):
    with pytest.raises(FerError, match=r"detectors=\['landmarks'\]: no face found in any of 3 images; choose others"):
        Locate(["landmarks"]).faces(faces, tmp_path)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"detectors": ["har"]}, r"data\.locate\.detectors=\['har'\]: choose among haar, mtcnn, hog, landmarks"),
        ({"detectors": ["haar", "haar"]}, r"data\.locate\.detectors=\['haar', 'haar'\]: name each once"),
        ({"on_none": "skip"}, r"data\.locate\.on_none=skip: choose among whole, drop, error"),
        ({"on_several": "first"}, r"data\.locate\.on_several=first: choose among best, largest, central, error"),
        ({"keep_up_to": -1}, r"data\.locate\.keep_up_to=-1: choose 0 \(no image\) or a side in pixels"),
        ({"margin": -0.1}, r"data\.locate\.margin=-0\.1: choose 0 or more, a share of the face's box"),
        ({"align": True}, r"data\.locate\.align=true needs eyes: name a detector, as in data\.locate\.detectors"),
    ],
)
def test_impossible_settings_are_refused(wrong, message):
    with pytest.raises(FerError, match=message):
        Locate(**wrong)


@pytest.mark.parametrize("name", list(DETECTORS))
def test_drawn_faces_in_larger_pictures_are_cut_out_where_they_are(name, tmp_path, make_faces):
    from fer_lightning.data.synthetic.read import draw_set

    drawn = draw_set(8, 4, 160, 0)
    scenes = np.stack([in_scene(face, 320, 400, 60, 150) for face in drawn.pixels])
    faces = make_faces(drawn.label, pixels=scenes, class_names=drawn.class_names)
    how = Locate([name])
    found = how.find_faces(faces, tmp_path)
    hits = found["detector"] == 0
    assert hits.sum() >= 5
    middle = found["box"][hits, :2] + found["box"][hits, 2:] / 2
    assert np.abs(middle - (150 + 80, 60 + 80)).max() < 40
    located = how.faces(faces, tmp_path)
    for row in np.flatnonzero(hits):
        height, width = located.pixels[row].shape
        assert height == width == round(found["box"][row, 2:].max())


SURE = Face((0, 0, 10, 10), 9.0, None)
LARGE = Face((60, 0, 30, 20), 1.0, None)
CENTRAL = Face((40, 20, 20, 15), 2.0, None)  # its middle is (50, 27.5); the image's is (50, 30)
FACES = [LARGE, CENTRAL, SURE]
SHAPE = (60, 100, 3)


@pytest.mark.parametrize(("how", "face"), [("best", SURE), ("largest", LARGE), ("central", CENTRAL)])
def test_the_face_is_chosen_as_asked(how, face):
    assert choose_face(FACES, how, SHAPE, "x.png") is face
    assert choose_face(FACES[::-1], how, SHAPE, "x.png") is face


def test_height_and_width_are_not_mistaken_for_each_other():
    # in an image 60 wide and 100 high the middle is (30, 50): the sure one is 58 pixels away, the central one 31
    assert choose_face([SURE, Face((25, 45, 10, 10), 0.0, None)], "central", (100, 60), "x.png").score == 0.0


@pytest.mark.parametrize("how", ["best", "largest", "central"])
def test_of_equal_ones_the_first_is_taken(how):
    twins = [Face((45, 25, 10, 10), 1.0, None) for _ in range(2)]
    assert choose_face(twins, how, SHAPE, "x.png") is twins[0]


@pytest.mark.parametrize("how", FACE_CHOICES)
def test_one_face_is_taken_whatever_is_asked(how):
    assert choose_face([LARGE], how, SHAPE, "x.png") is LARGE


def test_several_faces_are_refused_where_that_is_asked():
    message = re.escape("a/x.png: 3 faces found; data.locate.on_several=largest takes the largest")
    with pytest.raises(FerError, match=message):
        choose_face(FACES, "error", SHAPE, "a/x.png")
