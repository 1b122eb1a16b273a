"""Audits of hand-made sets in which every count is known, and of the real FER2013."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from fer_lightning.data.audit.audit import audit, count_agreement, count_channels, count_sizes, measure_images
from fer_lightning.data.duplicates import thumbnails
from fer_lightning.data.readers import fer2013

NONE = np.array([], dtype=np.int64)
NAMES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def sides(train=(), val=(), test=()):
    given = {"train": train, "val": val, "test": test}
    return {side: np.array(rows, dtype=np.int64) for side, rows in given.items()}


@pytest.fixture
def known(make_faces):
    """Twelve faces of 24x24 pixels.

    Rows 0 to 4 train, 5 and 6 validate, 7 to 9 test, 10 (no label) and 11 stand outside.
    Row 5 is row 0 with another label. Row 7 is row 1 mirrored. Row 8 is row 2 exactly. Row 9 is row 6 a little
    brighter. Rows 3 and 4 are blank in the same shade, row 11 in another. Row 10 is row 0 too.
    """
    faces = make_faces(
        [3, 4, 0, 6, 6, 4, 0, 4, 0, 0, -1, 6],
        size=24,
        subject=["b", "c", "", "d", "d", "b", "e", "c", "", "e", "b", "f"],
    )
    pixels = faces.array
    pixels[5] = pixels[10] = pixels[0]
    pixels[7] = pixels[1][:, ::-1]
    pixels[8] = pixels[2]
    pixels[6] //= 2
    pixels[9] = pixels[6] + 9
    pixels[[3, 4]] = 7
    pixels[11] = 200
    return faces


@pytest.fixture
def found(known):
    return audit(known, sides([4, 3, 2, 1, 0], [5, 6], [7, 8, 9]))


def test_classes_of_each_side(found):
    nothing = dict.fromkeys(NAMES, 0)
    assert found.counts == {
        "train": nothing | {"angry": 1, "happy": 1, "sad": 1, "neutral": 2},
        "val": nothing | {"angry": 1, "sad": 1},
        "test": nothing | {"angry": 2, "sad": 1},
    }


def test_copies(found):
    # within: 0, 5 and 10; 2 and 8; 3 and 4
    assert found.exact_copies == {"train-val": 1, "train-test": 1, "val-test": 0, "within": 7}
    # and the mirrored 1 and 7, the brighter 6 and 9
    assert found.near_copies == {"train-val": 1, "train-test": 2, "val-test": 1, "within": 11}


def test_the_rest(found):
    assert found.label_conflicts == 1
    assert found.blank == 3
    assert found.shared_subjects == ["b", "c", "e"]
    assert (found.images, found.subjects, found.unlabelled) == (12, 5, 1)
    assert found.sizes == {"24x24": 12}
    assert found.channels == {"grey": 12, "colour": 0}


def test_pairs(found):
    told = [(p.sides, p.first_row, p.second_row, p.exact, p.mirrored, round(p.correlation, 2)) for p in found.pairs]
    assert told == [
        ("train-test", 2, 8, True, False, 1),
        ("train-test", 1, 7, False, True, 1),
        ("val-test", 6, 9, False, False, 1),
        ("train-val", 0, 5, True, False, 1),
        ("within", 3, 4, True, False, 1),
    ]


def test_json_holds_all_of_it(found):
    assert json.loads(json.dumps(asdict(found)))["pairs"][0]["sides"] == "train-test"


def test_the_order_of_the_rows_of_a_side_changes_nothing(known, found):
    assert audit(known, sides([0, 2, 4, 1, 3], [6, 5], [9, 7, 8])) == found


def test_a_set_without_sides_is_still_looked_at_whole(known):
    found = audit(known, sides())
    assert found.exact_copies == {"train-val": 0, "train-test": 0, "val-test": 0, "within": 7}
    assert found.near_copies["within"] == 11
    assert found.shared_subjects == []
    assert {pair.sides for pair in found.pairs} == {"within"}
    assert all(pair.first_row < pair.second_row for pair in found.pairs)


def test_a_set_without_images(make_faces):
    faces = make_faces([0], size=24).take(NONE, "none")
    found = audit(faces, sides())
    assert (found.images, found.blank, found.label_conflicts, found.pairs, found.sizes) == (0, 0, 0, (), {})
    assert found.near_copies["within"] == 0


def test_people_whom_the_data_do_not_name(make_faces):
    faces = make_faces([0, 1, 2])
    assert audit(faces, sides([0], [], [1])).subjects is None
    unnamed = make_faces([0, 1, 2], subject=["", "", ""])
    assert audit(unnamed, sides([0], [], [1])).shared_subjects == []
    assert audit(unnamed, sides([0], [], [1])).subjects == 0


def test_labels_conflict_once_a_group_and_not_with_a_missing_label(make_faces):
    faces = make_faces([0, 1, 2, 3, 3, 4, -1])
    faces.array[1:3] = faces.array[0]  # three labels, one group
    faces.array[4] = faces.array[3]  # the same label
    faces.array[6] = faces.array[5]  # one label only
    assert audit(faces, sides()).label_conflicts == 1


def test_an_image_on_two_sides_is_counted_but_is_no_pair(make_faces):
    found = audit(make_faces([0, 1, 2]), sides([0, 1], [], [1, 2]))
    assert found.exact_copies["train-test"] == found.near_copies["train-test"] == 1
    assert found.exact_copies["within"] == 0
    assert found.pairs == ()


@pytest.mark.real_data
@pytest.mark.slow
def test_fer2013_as_measured(real_data, session_dir):
    faces = fer2013.read(real_data / "fer2013", session_dir / "cache")
    rows = [np.flatnonzero(faces.split == split) for split in ("Training", "PublicTest", "PrivateTest")]
    found = audit(faces, sides(*rows))
    assert found.exact_copies == {"train-val": 279, "train-test": 290, "val-test": 44, "within": 3365}
    assert found.near_copies == {"train-val": 604, "train-test": 641, "val-test": 128, "within": 6910}
    assert (found.label_conflicts, found.blank, found.images) == (56, 12, 35887)
    assert len(found.pairs) == 24
    assert sum(pair.exact for pair in found.pairs if pair.sides == "train-test") == 4


class Decoded(list):
    """Pictures of different sizes that count how often they are asked for."""

    asked = 0

    def __iter__(self):
        for picture in super().__iter__():
            self.asked += 1
            yield picture


def faces_of(make_faces, shapes, **columns):
    draw = np.random.default_rng(0)
    pixels = Decoded(draw.integers(0, 256, shape, dtype=np.uint8) for shape in shapes)
    return make_faces([0] * len(shapes), **columns).with_pixels(pixels, "")


def test_every_picture_is_decoded_once(make_faces):
    faces = faces_of(make_faces, [(30, 40), (24, 24, 3), (9, 9)])
    looks = measure_images(faces)
    assert faces.pixels.asked == 3
    assert np.array_equal(looks.thumbnails, thumbnails(faces.pixels))
    assert looks.height.tolist() == [30, 24, 9]
    assert looks.width.tolist() == [40, 24, 9]
    assert count_channels(looks) == {"grey": 2, "colour": 1}


def test_width_comes_first_and_the_commonest_size_too(make_faces):
    looks = measure_images(faces_of(make_faces, [(30, 40), (50, 20, 3), (50, 20)]))
    assert list(count_sizes(looks).items()) == [("20x50", 2), ("40x30", 1)]


def test_sizes_of_the_files_come_before_those_of_the_pixels(make_faces):
    extras = {"height": np.array([480, 490]), "width": np.array([640, 640])}
    assert count_sizes(measure_images(faces_of(make_faces, [(24, 24), (24, 24)], extras=extras))) == {
        "640x480": 1,
        "640x490": 1,
    }


def test_the_eleventh_size_and_those_after_it_are_other(make_faces):
    shapes = [(24, 24 + number) for number in range(13)] + [(24, 24)]
    told = count_sizes(measure_images(faces_of(make_faces, shapes)))
    assert told == {"24x24": 2, **{f"{24 + number}x24": 1 for number in range(1, 10)}, "other": 3}


def test_a_single_colour_is_blank_and_a_single_other_pixel_is_not(make_faces):
    faces = make_faces([0, 0, 0], size=48, colour=True)
    faces.array[0] = (9, 80, 200)
    faces.array[1] = (9, 80, 200)
    faces.array[1, 47, 47, 2] = 201
    assert measure_images(faces).blank.tolist() == [True, False, False]


def test_names_decide_and_not_numbers():
    shares = count_agreement(
        np.array([0, 1, 1, 2]), ["happy", "sad", "fear"], np.array([2, 1, 0, 0]), ["fear", "sad", "happy"]
    )
    # happy-happy, sad-sad, sad-fear, fear-fear
    assert shares == {"all": (3, 4), "happy": (1, 1), "sad": (1, 2), "fear": (1, 1)}


def test_images_without_either_label_are_left_out():
    shares = count_agreement(
        np.array([0, -1, 0, -1, 1]), ["happy", "sad"], np.array([0, 0, -1, -1, 1]), ["happy", "sad"]
    )
    assert shares == {"all": (2, 2), "happy": (1, 1), "sad": (1, 1)}


def test_a_class_that_the_first_lacks_agrees_with_nothing():
    shares = count_agreement(np.array([0, 1]), ["happy", "sad"], np.array([0, 1]), ["contempt", "sad"])
    assert shares == {"all": (1, 2), "happy": (0, 1), "sad": (1, 1)}


def test_a_class_without_images_is_said():
    assert count_agreement(np.array([0]), ["happy", "sad"], np.array([0]), ["happy"])["sad"] == (0, 0)


def test_scikit_learn_says_the_same_of_random_labels():
    draw = np.random.default_rng(0)
    first, second = draw.integers(0, 3, 200), draw.integers(0, 3, 200)
    shares = count_agreement(first, "abc", second, "abc")
    agreeing, of = shares["all"]
    assert agreeing / of == accuracy_score(first, second)
    assert tuple(sum(shares[name][place] for name in "abc") for place in (0, 1)) == (agreeing, of)
    assert json.dumps(shares)
