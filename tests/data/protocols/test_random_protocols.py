"""kfold, holdout and kfold_images deal as their names say."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.protocols import Protocol, Request, apply_protocol

LOGGER = "fer_lightning.data.protocols"


def assert_complete(protocol: Protocol, number: int) -> None:
    together = np.concatenate(list(protocol.splits().values()))
    assert sorted(together.tolist()) == list(range(number))


@pytest.mark.parametrize(("name", "k"), [("kfold", 3), ("kfold", 5), ("kfold_images", 10), ("kfold_images", 4)])
def test_fold_i_tests_and_the_next_validates(make_faces, name, k):
    faces = make_faces(np.arange(60) % 7)
    default = (name, k) in [("kfold", 3), ("kfold_images", 10)]
    protocols = [apply_protocol(faces, name, Request(fold, None if default else k)) for fold in range(k)]
    for fold, protocol in enumerate(protocols):
        assert_complete(protocol, 60)
        assert np.array_equal(protocol.val, protocols[(fold + 1) % k].test)
    assert sorted(np.concatenate([protocol.test for protocol in protocols]).tolist()) == list(range(60))


def test_kfold_keeps_people_and_copies_together(make_faces):
    rng = np.random.default_rng(0)
    people = [f"p{number}" for number in rng.integers(0, 30, 200)]
    faces = make_faces(rng.integers(0, 7, 200), subject=people)
    twins = np.flatnonzero(np.isin(people, ["p0", "p1"]))
    faces.pixels[twins[-1]] = faces.pixels[twins[0]]
    for fold in range(3):
        protocol = apply_protocol(faces, "kfold", Request(fold))
        homes = [set(faces.subject[rows]) for rows in protocol.splits().values()]
        assert sum(map(len, homes)) == len(set(people))
        assert any({twins[0], twins[-1]} <= set(rows.tolist()) for rows in protocol.splits().values())


@pytest.mark.parametrize("k", [2, 3, 5])
def test_paper_c_kfold_tests_the_folds_of_kfold_and_validates_a_tenth_of_the_others(make_faces, k):
    faces = make_faces(np.repeat(np.arange(90) % 3, 2), extras={"digest": np.repeat(np.arange(90), 2)})
    protocols = [apply_protocol(faces, "paper_c_kfold", Request(fold, k)) for fold in range(k)]
    for fold, protocol in enumerate(protocols):
        assert_complete(protocol, 180)
        rest = 180 - len(protocol.test)
        assert abs(len(protocol.val) - rest / 10) <= 4
        homes = [set((rows // 2).tolist()) for rows in protocol.splits().values()]
        assert sum(map(len, homes)) == 90  # both copies of an image stand on one side
        if k > 2:
            assert np.array_equal(protocol.test, apply_protocol(faces, "kfold", Request(fold, k)).test)
    assert sorted(np.concatenate([protocol.test for protocol in protocols]).tolist()) == list(range(180))


def test_kfold_takes_an_image_of_nobody_known_for_a_person_of_its_own(make_faces):
    faces = make_faces([0] * 30, subject=[""] * 30)
    # one person would be one group, too few for three folds
    assert [len(apply_protocol(faces, "kfold", Request(fold)).test) for fold in range(3)] == [10, 10, 10]


def test_kfold_keeps_copies_together_that_only_a_digest_tells(make_faces):
    faces = make_faces([0] * 30, extras={"digest": np.arange(30) // 3})
    for fold in range(3):
        for rows in apply_protocol(faces, "kfold", Request(fold)).splits().values():
            assert np.array_equal(rows.reshape(-1, 3) // 3, np.repeat(rows[::3, None] // 3, 3, axis=1))


def test_holdout_gives_seven_one_and_two_tenths(make_faces):
    faces = make_faces(np.repeat(range(7), 100))
    protocol = apply_protocol(faces, "holdout", Request())
    assert_complete(protocol, 700)
    for rows, share in zip(protocol.splits().values(), (70, 10, 20), strict=True):
        assert np.bincount(faces.label[rows]).tolist() == [share] * 7


def test_holdout_keeps_drawn_people_apart(tiny_faces):
    protocol = apply_protocol(tiny_faces, "holdout", Request())
    assert_complete(protocol, 96)
    people = [set(tiny_faces.subject[rows]) for rows in protocol.splits().values()]
    assert list(map(len, people)) == [7, 1, 2]
    assert sum(map(len, people)) == len(set.union(*people))


@pytest.mark.parametrize(
    ("people", "sides"), [(3, (1, 1, 1)), (6, (4, 1, 1)), (8, (5, 1, 2)), (9, (6, 1, 2)), (10, (7, 1, 2))]
)
def test_holdout_of_few_people_is_dealt_in_fewer_parts_and_says_so(make_faces, caplog, people, sides):
    faces = make_faces(np.arange(60) % 2, subject=[f"p{row % people}" for row in range(60)])
    with caplog.at_level("WARNING", logger=LOGGER):
        protocol = apply_protocol(faces, "holdout", Request())
    assert_complete(protocol, 60)
    assert tuple(len(set(faces.subject[rows])) for rows in protocol.splits().values()) == sides
    train, _, test = sides
    assert caplog.messages == [
        f"data.protocol=holdout: {people} groups of images (people, copies) can be kept apart: {train} train, 1 "
        f"validates, {test} test; data.protocol=leave_one_subject_out tests each person in turn"
    ] * (people < 10)


@pytest.mark.parametrize("name", ["kfold", "kfold_images", "holdout"])
def test_the_split_seed_repeats_and_changes_a_split(make_faces, name):
    faces = make_faces(np.arange(100) % 7)
    first, again, other = (apply_protocol(faces, name, Request(seed=seed)).val.tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_kfold_images_tells_how_many_test_images_train_has_seen(make_faces, caplog):
    # two people of ten images each over ten folds: every test image has its person in train
    faces = make_faces([0, 1] * 10, subject=["ann", "bob"] * 10)
    with caplog.at_level("WARNING", logger=LOGGER):
        apply_protocol(faces, "kfold_images", Request())
    assert caplog.messages == [
        "protocol kfold_images keeps neither people nor copies together: "
        "2 of 2 test images have an exact copy or their person in train"
    ]


def test_kfold_images_counts_copies_where_nobody_is_known(make_faces, caplog):
    faces = make_faces([0] * 30)
    tested = apply_protocol(faces, "kfold_images", Request(num_folds=3)).test
    trained = apply_protocol(faces, "kfold_images", Request(num_folds=3)).train
    faces.pixels[tested[:4]] = faces.pixels[trained[0]]
    caplog.clear()
    with caplog.at_level("WARNING", logger=LOGGER):
        apply_protocol(faces, "kfold_images", Request(num_folds=3))
    assert caplog.messages == [
        "protocol kfold_images keeps neither people nor copies together: "
        "4 of 10 test images have an exact copy in train"
    ]


def test_kfold_images_takes_unknown_people_for_different_ones(make_faces, caplog):
    faces = make_faces([0] * 30, subject=[""] * 30)
    with caplog.at_level("WARNING", logger=LOGGER):
        apply_protocol(faces, "kfold_images", Request())
    assert "0 of 3 test images" in caplog.text
