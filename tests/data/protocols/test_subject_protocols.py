"""Protocols of whole people, with the numbers of papers A and B and of JAFFE."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.protocols import Request, apply_protocol
from fer_lightning.errors import FerError


def people_of(faces, protocol) -> list[set[str]]:
    return [set(faces.subject[rows].tolist()) for rows in protocol.splits().values()]


def test_subject_8fold_sets_14_or_15_of_118_people_aside_and_eleven_of_them_validate(ckplus_in_small):
    aside = []
    for fold in range(8):
        train, val, test = people_of(ckplus_in_small, apply_protocol(ckplus_in_small, "subject_8fold", Request(fold)))
        assert len(val) == 11
        assert len(test) in (3, 4)
        assert len(train | val | test) == len(train) + len(val) + len(test) == 118
        aside.append(val | test)
    # 118 = 6 * 15 + 2 * 14
    assert sorted(map(len, aside)) == [14] * 2 + [15] * 6
    assert len(set.union(*aside)) == 118


def test_subject_8fold_draws_who_validates_by_the_seed(ckplus_in_small):
    draws = [
        people_of(ckplus_in_small, apply_protocol(ckplus_in_small, "subject_8fold", Request(seed=s))) for s in (0, 0, 1)
    ]
    assert draws[0] == draws[1]
    assert draws[0] != draws[2]


def test_subject_8fold_draws_other_places_for_every_seed_and_fold(ckplus_in_small):
    places = set()
    for request in (Request(fold, seed=seed) for seed in range(3) for fold in range(4)):
        _, val, test = people_of(ckplus_in_small, apply_protocol(ckplus_in_small, "subject_8fold", request))
        places.add(tuple(name in val for name in sorted(val | test)))
    assert len(places) == 12


def test_subject_8fold_lets_more_people_test_when_fewer_validate(ckplus_in_small):
    few = apply_protocol(ckplus_in_small, "subject_8fold", Request(2, val_subjects=5))
    many = apply_protocol(ckplus_in_small, "subject_8fold", Request(2))
    assert [len(side) for side in people_of(ckplus_in_small, few)][1] == 5
    assert np.array_equal(few.train, many.train)
    assert set(many.test) < set(few.test)


def test_subject_8fold_spreads_classes_as_evenly_as_people_allow(make_faces):
    # 16 people, two of whom alone show disgust, four images each: no group can hold both
    labels = [1] * 8 + [0] * 56
    faces = make_faces(labels, subject=[f"p{row // 4:02d}" for row in range(64)])
    for fold in range(8):
        protocol = apply_protocol(faces, "subject_8fold", Request(fold, val_subjects=1))
        aside = np.concatenate([protocol.val, protocol.test])
        assert (faces.label[aside] == 1).sum() in (0, 4)


@pytest.mark.parametrize(
    ("people", "asked", "message"),
    [
        (26, 11, r"data\.val_subjects=11: group 0 has [34] people, and one of them must test: choose .*=2 or fewer"),
        (16, 2, r"data\.val_subjects=2: group 0 has 2 people, and one of them must test: choose data\.val_subjects=1;"),
        (8, 1, r"data\.val_subjects=1: group 0 has 1 person, .*: choose data\.protocol=leave_one_subject_out"),
    ],
)
def test_subject_8fold_needs_somebody_left_to_test(make_faces, people, asked, message):
    faces = make_faces([0] * people, subject=[f"p{number:02d}" for number in range(people)])
    with pytest.raises(FerError, match=message):
        apply_protocol(faces, "subject_8fold", Request(val_subjects=asked))


def test_what_subject_8fold_proposes_serves_every_fold(make_faces):
    faces = make_faces([0] * 26, subject=[f"p{number:02d}" for number in range(26)])
    tested = [
        people_of(faces, apply_protocol(faces, "subject_8fold", Request(fold, val_subjects=2)))[2] for fold in range(8)
    ]
    assert sorted(map(len, tested)) == [1] * 6 + [2] * 2  # 26 = 6 * 3 + 2 * 4


def test_subject_10fold_tests_on_each_of_118_people_once(ckplus_in_small):
    protocols = [apply_protocol(ckplus_in_small, "subject_10fold", Request(fold)) for fold in range(10)]
    tested = [people_of(ckplus_in_small, protocol)[2] for protocol in protocols]
    # 118 = 8 * 12 + 2 * 11
    assert sorted(map(len, tested)) == [11] * 2 + [12] * 8
    assert len(set.union(*tested)) == 118
    for fold in range(10):
        assert people_of(ckplus_in_small, protocols[fold])[1] == tested[(fold + 1) % 10]


def test_leave_one_subject_out_goes_by_the_sorted_names(make_faces):
    faces = make_faces([0, 1, 2, 3, 4], subject=["YM", "KA", "KL", "KA", "MK"])
    sides = [
        [rows.tolist() for rows in apply_protocol(faces, "leave_one_subject_out", Request(i)).splits().values()]
        for i in range(4)
    ]
    assert sides == [[[0, 4], [2], [1, 3]], [[0, 1, 3], [4], [2]], [[1, 2, 3], [0], [4]], [[2, 4], [1, 3], [0]]]


def test_people_who_share_a_picture_are_left_out_together(make_faces, caplog):
    faces = make_faces([0] * 6, subject=["a", "b", "c", "d", "a", "d"])
    faces.pixels[3] = faces.pixels[0]  # a and d
    protocol = apply_protocol(faces, "leave_one_subject_out", Request())
    assert protocol.test.tolist() == [0, 3, 4, 5]
    assert (protocol.val.tolist(), protocol.train.tolist()) == ([1], [2])
    assert caplog.messages == ["people who share an exact copy stay together and count as one: 4 people are 3"]
    with pytest.raises(FerError, match=r"data\.fold=3: choose 0\.\.2$"):
        apply_protocol(faces, "leave_one_subject_out", Request(3))


def test_two_people_are_too_few_to_leave_one_out(make_faces):
    with pytest.raises(FerError, match=r"data\.protocol=leave_one_subject_out: 2 people are too few"):
        apply_protocol(make_faces([0, 1, 2], subject=["a", "b", "a"]), "leave_one_subject_out", Request())


@pytest.mark.parametrize(("name", "k"), [("subject_8fold", 8), ("subject_10fold", 10)])
def test_fewer_people_than_groups_are_refused(make_faces, name, k):
    faces = make_faces([0] * 20, subject=[f"p{row % (k - 1)}" for row in range(20)])
    message = rf"data\.protocol={name}: {k - 1} people are too few for {k} groups; choose .*leave_one_subject_out"
    with pytest.raises(FerError, match=message):
        apply_protocol(faces, name, Request(val_subjects=11))


@pytest.mark.parametrize("name", ["subject_8fold", "subject_10fold", "leave_one_subject_out"])
def test_without_people_the_protocols_that_are_open_are_named(make_faces, name):
    message = (
        rf"data\.protocol={name}: this data set does not say who is in an image \(with data=folder a group "
        r"\(\?P<subject>\.\.\.\) of data\.faces\.pattern does, or a manifest's column subject\); "
        "choose among kfold, paper_c_kfold, kfold_images, holdout, test_only, train_is_test$"
    )
    with pytest.raises(FerError, match=message):
        apply_protocol(make_faces([0] * 30), name, Request())


def test_images_of_nobody_known_are_counted_among_the_labelled(make_faces):
    faces = make_faces([0, 0, 0, -1, 0], subject=["a", "", "b", "", "c"])
    with pytest.raises(FerError, match=r"leave_one_subject_out: 1 of 4 labelled images do not say who is in them"):
        apply_protocol(faces, "leave_one_subject_out", Request())


def test_an_unlabelled_image_of_nobody_known_is_in_nobodys_way(make_faces):
    faces = make_faces([0, -1, 0, 0], subject=["a", "", "b", "c"])
    protocol = apply_protocol(faces, "leave_one_subject_out", Request())
    assert [rows.tolist() for rows in protocol.splits().values()] == [[3], [2], [0]]
