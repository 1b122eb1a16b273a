"""LFW's pictures get expressions from a file, from a net, or with a face of FER2013."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fer_lightning.data.readers.lfw_labels import Background, FromCsv, Pseudo, share_evenly
from fer_lightning.errors import FerError

CLASSES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
NAMES = ["Aaron_Eckhart_0001", "Abba_Eban_0001", "Zico_0001", "Zico_0002"]


@pytest.fixture
def lfw(make_faces):
    ids = [f"{name[:-5]}/{name}.jpg" for name in NAMES]
    subject = [name[:-5] for name in NAMES]
    contempt = (*CLASSES, "contempt")
    return make_faces([-1] * 4, size=8, colour=True, ids=ids, subject=subject, class_names=contempt)


@pytest.fixture
def labelled(tmp_path, lfw):
    """The pictures that a CSV file of these lines labels."""

    def label(*lines, needed=1):
        (tmp_path / "labels.csv").write_text("\n".join(lines))
        return FromCsv(str(tmp_path / "labels.csv")).candidates(lfw, CLASSES, needed)

    return label


def test_a_csv_file_names_pictures_and_expressions_in_any_spelling(labelled, lfw):
    faces = labelled("label, path", "Happiness,Zico_0002.jpg", "SAD,lfw/Aaron_Eckhart/Aaron_Eckhart_0001.jpg")
    assert faces.ids.tolist() == [lfw.ids[0], lfw.ids[3]]
    assert faces.label.tolist() == [4, 3]
    assert faces.subject.tolist() == ["Aaron_Eckhart", "Zico"]
    assert faces.class_names == CLASSES
    assert np.array_equal(faces.pixels[1], lfw.pixels[3])


LINES = {
    "an unknown picture": (
        ["Zico_0003.jpg,happy"],
        r"labels\.csv, line 2: LFW has no picture 'Zico_0003\.jpg'; names are",
    ),
    "no expression": (["Zico_0001.jpg,hapy"], r"line 2: 'hapy' is not an expression.*did you mean happy"),
    "contempt": (["Zico_0001.jpg,contempt"], r"line 2: 'contempt' is no class of the mix; choose among angry"),
    "a picture twice": (["Zico_0001.jpg,sad", "a/Zico_0001.jpg,sad"], r"line 3: .* has a label already"),
    "a cell less": (["Zico_0001.jpg"], r"line 2: 1 cells for 2 columns"),
    "too few": (
        ["Zico_0001.jpg,sad"],
        r"labels\.csv labels 1 pictures, and data\.faces\.lfw_images=2: .*data=lfw_mixed",
    ),
}


@pytest.mark.parametrize("fault", LINES)
def test_a_wrong_line_is_named(labelled, fault):
    lines, message = LINES[fault]
    with pytest.raises(FerError, match=message):
        labelled("path,label", *lines, needed=2)


@pytest.mark.parametrize(("path", "said"), [(None, "null"), ("nowhere.csv", "nowhere.csv")])
def test_a_file_must_be_named_before_lfw_is_read(path, said):
    with pytest.raises(
        FerError, match=rf"data\.faces\.labels\.path={said}: name a CSV file with the columns path,label"
    ):
        FromCsv(path)


def answers(images):
    assert len(images) == 4
    return np.array([0, 1, 2, 0]), np.array([0.95, 0.9, 0.99, 0.5], dtype=np.float32), ("happy", "sad", "contempt")


def test_a_net_labels_where_it_is_sure_and_knows_the_classes_by_name(lfw):
    faces = Pseudo(answers, threshold=0.8).candidates(lfw, CLASSES, 2)
    assert faces.ids.tolist() == [lfw.ids[0], lfw.ids[1]]
    assert faces.label.tolist() == [3, 4]
    assert Pseudo(answers, threshold=0.5).candidates(lfw, CLASSES, 2).label.tolist() == [3, 4, 3]


def test_too_few_sure_answers_name_the_ways_out(lfw):
    message = r"threshold=0\.95\) of 1 pictures of LFW, and data\.faces\.lfw_images=2; lower one"
    with pytest.raises(FerError, match=message):
        Pseudo(answers, threshold=0.95).candidates(lfw, CLASSES, 2)
    with pytest.raises(FerError, match=r"threshold=90: choose a confidence from 0 to 1"):
        Pseudo(answers, threshold=90)


def test_labels_known_before_the_draw_leave_the_pictures_as_they_are(lfw, tmp_path):
    (tmp_path / "labels.csv").write_text("path,label\n")
    assert FromCsv(str(tmp_path / "labels.csv")).finished(lfw, lfw, 0) is lfw
    assert Pseudo(answers).finished(lfw, lfw, 0) is lfw


def test_a_pasted_picture_by_hand():
    scene = np.full((20, 20, 3), 100, dtype=np.uint8)
    picture = Background(size=0.5).paste(scene, np.full((48, 48), 200, dtype=np.uint8))
    assert picture.shape == (20, 20)
    assert picture[10, 10] == 200
    outside = np.ones((20, 20), dtype=bool)
    outside[5:15, 5:15] = False
    assert (picture[outside] == 100).all()
    assert picture[5, 5] == picture[14, 14] == 100  # corners of the square are outside the ellipse
    # row 5, column 9: u = -0.9, v = -0.1, radius 0.9055; (1 - 0.9055) / 0.2 = 0.4723; 100 + 100 * 0.4723
    assert picture[5, 9] == 147
    assert np.array_equal(picture, picture[::-1])
    assert np.array_equal(picture, picture.T)
    assert (scene == 100).all()


def test_the_face_keeps_its_pixels_in_the_middle_and_the_scene_is_grey_around(make_faces):
    face = make_faces([0], size=10, seed=3).pixels[0]
    scene = make_faces([0], size=20, colour=True).pixels[0]
    picture = Background(size=0.5, x=0.25, y=0.75).paste(scene, face)
    assert np.array_equal(picture[13:17, 3:7], face[3:7, 3:7])
    assert np.array_equal(picture[:10], cv2.cvtColor(scene, cv2.COLOR_RGB2GRAY)[:10])


def test_grey_scenes_and_squares_at_the_edge_are_fine():
    scene = np.zeros((6, 8), dtype=np.uint8)
    picture = Background(size=0.5, x=1, y=0, softness=0.01).paste(scene, np.full((3, 3), 9, dtype=np.uint8))
    assert picture[:3, 5:].max() == 9
    assert picture[3:].max() == picture[:, :5].max() == scene.max() == 0


@pytest.mark.parametrize(("key", "value"), [("size", 0), ("size", 1.1), ("softness", 0), ("x", -0.1), ("y", 2)])
def test_shares_out_of_range_are_refused(key, value):
    with pytest.raises(FerError, match=rf"data\.faces\.labels\.{key}={value}: choose a share"):
        Background(**{key: value})


@pytest.mark.parametrize(
    ("limits", "total", "shares"),
    [([5, 5, 5], 9, [3, 3, 3]), ([1, 9, 9], 9, [1, 4, 4]), ([9, 0, 2], 10, [8, 0, 2]), ([4, 3, 3], 8, [3, 2, 3])],
)
def test_even_shares(limits, total, shares):
    assert share_evenly(np.array(limits), total).tolist() == shares


@pytest.fixture
def pool(make_faces):
    """Ten faces: six train, of happy (3) and sad (4), and four test; the first of each class is used."""
    faces = make_faces([3, 3, 3, 4, 4, 4, 3, 3, 4, 4], size=4, split=["train"] * 6 + ["test"] * 4)
    used = np.array([1, 0, 0, 1, 0, 0, 1, 0, 1, 0], dtype=bool)
    return replace(faces, subject=faces.ids, extras={"digest": np.arange(10), "used": used})


@pytest.fixture
def scenes(make_faces):
    faces = make_faces([-1] * 6, size=8, split=["test", "train"] * 2 + ["train"] * 2, subject=list("abcdef"))
    return replace(faces, extras={"digest": np.arange(6)})


@pytest.mark.parametrize("seed", range(5))
def test_each_scene_gets_a_face_of_its_side_unused_ones_first_classes_even(pool, scenes, seed):
    pasted = Background().finished(scenes, pool, seed)
    face = np.array([int(name.split("+")[1]) for name in pasted.ids])
    assert len(np.unique(face)) == 6
    assert np.array_equal(pool.split[face], scenes.split)
    assert sorted(face) == [1, 2, 4, 5, 7, 9]
    assert np.array_equal(pasted.label, pool.label[face])
    assert np.array_equal(pasted.subject, pool.ids[face])
    assert np.array_equal(pasted.split, scenes.split)
    assert np.array_equal(pasted.pixels[2], Background().paste(scenes.pixels[2], pool.pixels[face[2]]))


def test_used_faces_help_out_and_too_few_faces_are_told(pool, scenes):
    few = replace(pool, split=np.array(["train"] * 8 + ["test"] * 2))
    face = [int(name.split("+")[1]) for name in Background().finished(scenes, few, 0).ids]
    assert sorted(face)[-2:] == [8, 9]
    none = replace(pool, split=np.array(["train"] * 9 + ["test"]))
    with pytest.raises(
        FerError, match=r"2 pictures of LFW test, and only 1 faces of FER2013 do; choose fewer data\.faces"
    ):
        Background().finished(scenes, none, 0)


def test_other_settings_have_other_fingerprints(pool, scenes):
    prints = {Background(size=size).finished(scenes, pool, 0).fingerprint for size in (0.45, 0.5)}
    assert len(prints) == 2
