"""Each protocol deals as its name says, and proves that nobody stands on two sides."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fer_lightning.data.protocols import PROTOCOLS, Protocol, Request, choose
from fer_lightning.errors import FerError

OFFICIAL = {"Training": 28709, "PublicTest": 3589, "PrivateTest": 3589}
PRIVATE = (491, 55, 528, 879, 594, 416, 626)  # official PrivateTest counts


@pytest.fixture(scope="module")
def fer2013_in_small(make_faces):
    """As many faces as FER2013 in its three splits, of 3x3 pixels, PrivateTest with its official labels."""
    split = np.repeat(list(OFFICIAL), list(OFFICIAL.values()))
    others = np.arange(OFFICIAL["Training"] + OFFICIAL["PublicTest"]) % 7
    labels = np.concatenate([others, np.random.default_rng(0).permutation(np.repeat(range(7), PRIVATE))])
    shuffled = np.random.default_rng(1).permutation(len(split))
    return make_faces(labels[shuffled], size=3, split=split[shuffled])


def assert_complete(protocol: Protocol, number: int) -> None:
    together = np.concatenate(list(protocol.sides().values()))
    assert sorted(together.tolist()) == list(range(number))
    for rows in protocol.sides().values():
        assert np.array_equal(rows, np.sort(rows))


def test_official_validates_on_public_and_tests_on_private(fer2013_in_small):
    protocol = choose(fer2013_in_small, "official", Request())
    assert_complete(protocol, 35887)
    for rows, split in zip(protocol.sides().values(), OFFICIAL, strict=True):
        assert len(rows) == OFFICIAL[split]
        assert set(fer2013_in_small.split[rows]) == {split}


def test_official_does_not_depend_on_the_split_seed(fer2013_in_small):
    first, second = (choose(fer2013_in_small, "official", Request(seed=seed)) for seed in (0, 1))
    assert all(np.array_equal(first.sides()[stage], second.sides()[stage]) for stage in first.sides())


def test_paper_a_cuts_private_test_into_a_third_and_two_thirds(fer2013_in_small):
    protocol = choose(fer2013_in_small, "paper_a", Request())
    assert (len(protocol.train), len(protocol.val), len(protocol.test)) == (28709, 1196, 2393)
    private = np.flatnonzero(fer2013_in_small.split == "PrivateTest")
    assert np.array_equal(np.sort(np.concatenate([protocol.val, protocol.test])), private)
    assert set(fer2013_in_small.split[protocol.train]) == {"Training"}
    counts = np.bincount(fer2013_in_small.label[protocol.val])
    # 1196/3589 of each class: 163.62 18.33 175.95 292.92 197.94 138.63 208.61; the five largest remainders go up
    assert counts.tolist() == [164, 18, 176, 293, 198, 139, 208]


def test_paper_c_tests_on_both_and_validates_inside_the_training_side(fer2013_in_small):
    protocol = choose(fer2013_in_small, "paper_c", Request())
    assert_complete(protocol, 35887)
    assert len(protocol.test) == 7178
    assert len(protocol.train) + len(protocol.val) == 28709
    assert set(fer2013_in_small.split[protocol.val]) == {"Training"}
    assert abs(len(protocol.val) - 2871) <= 7


@pytest.mark.parametrize("k", [3, 5])
def test_kfold_fold_i_tests_and_the_next_validates(make_faces, k):
    faces = make_faces(np.arange(60) % 7)
    protocols = [choose(faces, "kfold", Request(fold, None if k == 3 else k)) for fold in range(k)]
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
        protocol = choose(faces, "kfold", Request(fold))
        homes = [set(faces.subject[rows]) for rows in protocol.sides().values()]
        assert sum(map(len, homes)) == len(set(people))
        assert any({twins[0], twins[-1]} <= set(rows.tolist()) for rows in protocol.sides().values())


def test_holdout_gives_seven_one_and_two_tenths(make_faces):
    faces = make_faces(np.repeat(range(7), 100))
    protocol = choose(faces, "holdout", Request())
    assert_complete(protocol, 700)
    for rows, share in zip(protocol.sides().values(), (70, 10, 20), strict=True):
        assert np.bincount(faces.label[rows]).tolist() == [share] * 7


def test_holdout_keeps_drawn_people_apart(tiny_faces):
    protocol = choose(tiny_faces, "holdout", Request())
    assert_complete(protocol, 96)
    people = [set(tiny_faces.subject[rows]) for rows in protocol.sides().values()]
    assert list(map(len, people)) == [7, 1, 2]
    assert sum(map(len, people)) == len(set.union(*people))


@pytest.mark.parametrize("name", ["paper_a", "paper_c", "kfold", "holdout"])
def test_the_split_seed_repeats_and_changes_a_split(fer2013_in_small, make_faces, name):
    faces = fer2013_in_small if PROTOCOLS[name].needs_split else make_faces(np.arange(100) % 7)
    first, again, other = (choose(faces, name, Request(seed=seed)).val.tolist() for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_published_copies_are_counted_by_hand(make_faces, caplog):
    split = ["Training"] * 4 + ["PublicTest"] * 2 + ["PrivateTest"] * 3
    faces = make_faces([0] * 9, split=split)
    faces.pixels[4] = faces.pixels[0]  # one of two validation images, and
    faces.pixels[6] = faces.pixels[0]  # two of three test images have a copy in train
    faces.pixels[7] = faces.pixels[1]
    with caplog.at_level("INFO", logger="fer_lightning.data.protocols"):
        choose(faces, "official", Request())
    assert caplog.messages == [
        "protocol official keeps exact copies as published: 1 of 2 val images also in train, "
        "2 of 3 test images also in train, 1 of 3 test images also in val"
    ]


FAULTS = {
    "unknown": ("officail", {}, r"data\.protocol=officail: choose among official, .*did you mean official"),
    "fold of one split": ("holdout", {"fold": 1}, r"data\.fold=1: protocol holdout is one split; .*kfold"),
    "folds of one split": ("holdout", {"num_folds": 5}, r"data\.num_folds=5: protocol holdout has no folds"),
    "no such fold": ("kfold", {"fold": 3}, r"data\.fold=3: choose 0\.\.2, or raise data\.num_folds"),
    "negative fold": ("kfold", {"fold": -1}, r"data\.fold=-1: choose 0\.\.2"),
    "two folds": ("kfold", {"num_folds": 2}, r"data\.num_folds=2: choose 3 or more"),
    "no folds": ("kfold", {"num_folds": 0}, r"data\.num_folds=0: choose 3 or more"),
    "more folds than faces": ("kfold", {"num_folds": 31}, r"only 30 groups .* too few for 31 parts"),
    "no published split": (
        "official",
        {},
        r"data\.protocol=official: .* no published split; .* kfold, holdout",
    ),
    "no published split for paper_a": ("paper_a", {}, r"data\.protocol=paper_a: .* no published split"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_an_impossible_wish_is_refused(make_faces, fault):
    name, wishes, message = FAULTS[fault]
    with pytest.raises(FerError, match=message):
        choose(make_faces(np.arange(30) % 7), name, Request(**wishes))


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_an_impossible_split_seed_is_refused(seed):
    with pytest.raises(FerError, match=rf"data\.split_seed={seed}: choose a whole number from 0 to 4294967295"):
        Request(seed=seed)


def test_a_side_without_images_is_refused(make_faces):
    faces = make_faces([0, 1], split=["PublicTest", "PrivateTest"])
    with pytest.raises(FerError, match=r"data\.protocol=official leaves no image to train"):
        choose(faces, "official", Request())


def test_too_few_people_for_holdout_do_not_hear_of_num_folds_alone(make_faces):
    faces = make_faces([0] * 20, subject=["ann", "bob"] * 10)
    with pytest.raises(FerError, match=r"only 2 groups of images .* 10 parts: .*data\.protocol=kfold"):
        choose(faces, "holdout", Request())


def test_a_person_on_two_sides_of_a_published_split_is_refused(make_faces):
    split = ["Training", "Training", "PublicTest", "PrivateTest"]
    apart = make_faces([0, 1, 2, 3], split=split, subject=["ann", "bob", "cid", "dora"])
    assert choose(apart, "official", Request()).test.tolist() == [3]
    shared = make_faces([0, 1, 2, 3], split=split, subject=["ann", "bob", "cid", "ann"])
    with pytest.raises(FerError, match=r"data\.protocol=official: ann in both train and test"):
        choose(shared, "official", Request())


def test_an_image_on_two_sides_would_be_a_fault_of_ours(make_faces, monkeypatch):
    def careless(faces, request):
        return Protocol("holdout", np.array([0, 1]), np.array([2]), np.array([1, 3]))

    monkeypatch.setitem(PROTOCOLS, "holdout", dataclasses.replace(PROTOCOLS["holdout"], make=careless))
    with pytest.raises(AssertionError, match="an image stands in train and in test"):
        choose(make_faces([0, 1, 2, 3]), "holdout", Request())
