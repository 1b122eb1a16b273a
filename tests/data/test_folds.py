"""Folds keep groups whole and spread classes; worked through by hand and over random cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_lightning.data.folds import assign_folds, group_inseparable, stratified_sample
from fer_lightning.errors import FerError

FACES = st.lists(st.tuples(st.integers(0, 12), st.integers(-1, 6)), min_size=3, max_size=80)


@settings(max_examples=150, deadline=None)
@given(faces=FACES, k=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_groups_stay_whole_and_no_fold_is_empty(faces, k, seed):
    groups, labels = (np.array(column) for column in zip(*faces, strict=True))
    if len(np.unique(groups)) < k:
        with pytest.raises(FerError, match="can be kept apart"):
            assign_folds(groups, labels, k, seed)
        return
    home = assign_folds(groups, labels, k, seed)
    assert len(home) == len(groups)
    assert set(home.tolist()) == set(range(k))
    for group in np.unique(groups):
        assert len(np.unique(home[groups == group])) == 1
    assert np.array_equal(home, assign_folds(groups, labels, k, seed))
    # what a group or class is called must not matter, only which rows share it
    assert np.array_equal(home, assign_folds(groups * 10 + 3, labels * 2 + 5, k, seed))


@settings(max_examples=100, deadline=None)
@given(labels=st.lists(st.integers(0, 6), min_size=6, max_size=120), k=st.integers(2, 6), seed=st.integers(0, 99))
def test_single_images_spread_every_class_evenly(labels, k, seed):
    labels = np.array(labels)
    home = assign_folds(np.arange(len(labels)), labels, k, seed)
    for label in np.unique(labels):
        counts = np.bincount(home[labels == label], minlength=k)
        assert counts.max() - counts.min() <= 1


@settings(max_examples=150, deadline=None)
@given(faces=FACES, k=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_even_folds_hold_as_many_groups_give_or_take_one(faces, k, seed):
    groups, labels = (np.array(column) for column in zip(*faces, strict=True))
    if len(np.unique(groups)) < k:
        return
    home = assign_folds(groups, labels, k, seed, even=True)
    held = [len(np.unique(groups[home == fold])) for fold in range(k)]
    assert sum(held) == len(np.unique(groups))
    assert max(held) - min(held) <= 1


def test_even_folds_by_hand():
    # sizes 9 1 1 1: the three small ones share fold 1, unless a fold may hold but two groups
    groups = np.array([0] * 9 + [1, 2, 3])
    labels = np.zeros(12, dtype=np.int64)
    assert assign_folds(groups, labels, 2, seed=0).tolist() == [0] * 9 + [1] * 3
    assert sorted(assign_folds(groups, labels, 2, seed=0, even=True)[9:]) == [0, 1, 1]


def test_worked_by_hand_one_class():
    # sizes 4 3 2 1: A to fold 0; B to the empty 1; C to 1 (3 < 4); D to 0 (4 < 5)
    groups = np.array([0] * 4 + [1] * 3 + [2] * 2 + [3])
    home = assign_folds(groups, np.zeros(10, dtype=np.int64), 2, seed=0)
    assert home.tolist() == [0] * 4 + [1] * 3 + [1] * 2 + [0]


def test_worked_by_hand_two_classes():
    # ten x and two y: A holds 5 x, B 3 x and 1 y, C 2 x and 1 y. A to fold 0, B to the empty 1. To C, fold 0 is
    # 0.5 * 0.2 = 0.1 full, fold 1 is 0.3 * 0.2 + 0.5 * 0.5 = 0.31: to fold 0, although it holds more images and x
    groups = np.array([0] * 5 + [1] * 4 + [2] * 3)
    labels = np.array([0] * 5 + [0, 0, 0, 1] + [0, 0, 1])
    assert assign_folds(groups, labels, 2, seed=0).tolist() == [0] * 5 + [1] * 4 + [0] * 3


def test_worked_by_hand_shares_on_both_sides():
    # seven x, two y, three z: A holds 5 x, B 1 y and 3 z, C 2 x and 1 y. A to fold 0, B to the smaller 1. To C, fold 0
    # is 5/7 * 2/7 = 0.20 full, fold 1 is 1/2 * 1/2 = 0.25: to fold 0, although 5 * 2 images are more than 1 * 1
    groups = np.array([0] * 5 + [1] * 4 + [2] * 3)
    labels = np.array([0] * 5 + [1, 2, 2, 2] + [0, 0, 1])
    assert assign_folds(groups, labels, 2, seed=0).tolist() == [0] * 5 + [1] * 4 + [0] * 3


def test_worked_by_hand_random_order():
    # RandomState(0).permutation(6) is 5 2 1 3 0 4; they go to folds 0 1 2 0 1 2
    assert assign_folds(np.arange(6), np.zeros(6, dtype=np.int64), 3, seed=0).tolist() == [1, 2, 1, 0, 2, 0]


def test_another_seed_deals_otherwise():
    labels = np.arange(60) % 3
    assert not np.array_equal(
        assign_folds(np.arange(60), labels, 5, seed=0), assign_folds(np.arange(60), labels, 5, seed=1)
    )


def test_too_few_groups_name_how_many_there_are_and_the_way_out():
    with pytest.raises(FerError, match=r"only 2 groups .* too few for 3 parts: .*data\.num_folds"):
        assign_folds(np.array([0, 0, 1]), np.array([0, 1, 2]), 3, seed=0)


def test_people_and_copies_hang_together(make_faces):
    faces = make_faces([0] * 7, subject=["ann", "ann", "bob", "bob", "cid", "cid", "dora"])
    faces.pixels[2] = faces.pixels[1]  # ann and bob share a picture
    faces.pixels[5] = faces.pixels[4]  # cid has one twice
    number = group_inseparable(faces).tolist()
    assert number[0] == number[1] == number[2] == number[3]
    assert number[4] == number[5]
    assert len({number[0], number[4], number[6]}) == 3


def test_a_chain_of_copies_joins_all_its_people(make_faces):
    # a-b share one picture, b-c another, c-d another: first and last share none
    faces = make_faces([0] * 8, subject=["a", "a", "b", "b", "c", "c", "d", "d"])
    for row in (1, 3, 5):
        faces.pixels[row + 1] = faces.pixels[row]
    assert len(set(group_inseparable(faces).tolist())) == 1


def test_unknown_people_are_not_one_person_and_copies_still_tie_them(make_faces):
    faces = make_faces([0] * 6, subject=["", "bob", "", "ann", "", "bob"])
    # people in the order of their names (ann 0, bob 1), then images of nobody known in the order of the rows
    assert group_inseparable(faces).tolist() == [2, 1, 3, 0, 4, 1]
    faces.pixels[4] = faces.pixels[1]
    assert group_inseparable(faces).tolist() == [2, 1, 3, 0, 1, 1]


def test_nobody_known_is_as_if_there_were_no_subjects(make_faces):
    faces = make_faces([0] * 5, subject=[""] * 5)
    faces.pixels[3] = faces.pixels[1]
    assert group_inseparable(faces).tolist() == [0, 1, 2, 1, 3]


def test_the_first_name_numbers_those_who_hang_together(make_faces):
    faces = make_faces([0] * 4, subject=["dora", "bob", "cid", "ann"])
    faces.pixels[3] = faces.pixels[0]  # ann and dora
    assert group_inseparable(faces).tolist() == [0, 1, 2, 0]


@settings(max_examples=60, deadline=None)
@given(order=st.permutations(range(24)), seed=st.integers(0, 99))
def test_the_order_of_the_rows_moves_nobody(make_faces, order, seed):
    people = [f"p{row * 5 % 11}" for row in range(24)]
    faces = make_faces(np.arange(24) % 5, subject=people, extras={"digest": np.arange(24) % 21})
    moved = faces.take(np.array(order), "moved")
    first, second = (assign_folds(group_inseparable(some), some.label, 2, seed) for some in (faces, moved))
    assert np.array_equal(first[order], second)


def test_without_subjects_only_copies_hang_together(make_faces):
    faces = make_faces([0, 1, 2, 3])
    faces.pixels[3] = faces.pixels[0]
    number = group_inseparable(faces).tolist()
    assert number[0] == number[3]
    assert len(set(number)) == 3


def test_quotas_by_hand():
    # 7 of 20: 10, 5, 5 images make 3.5, 1.75, 1.75; the two left over go to the largest remainders
    labels = np.repeat([0, 1, 2], [10, 5, 5])
    part = stratified_sample(labels, 7, seed=0)
    assert np.bincount(labels[part]).tolist() == [3, 2, 2]


@settings(max_examples=100, deadline=None)
@given(labels=st.lists(st.integers(0, 6), min_size=1, max_size=100), data=st.data())
def test_a_part_has_its_size_and_each_class_its_share(labels, data):
    labels = np.array(labels)
    size, seed = data.draw(st.integers(0, len(labels))), data.draw(st.integers(0, 99))
    part = stratified_sample(labels, size, seed)
    assert len(part) == size
    assert np.array_equal(part, np.unique(part))
    for label in np.unique(labels):
        quota = (labels == label).sum() * size / len(labels)
        assert abs((labels[part] == label).sum() - quota) < 1
    assert np.array_equal(part, stratified_sample(labels, size, seed))


def test_parts_of_other_seeds_hold_other_images():
    labels = np.arange(100) % 4
    assert not np.array_equal(stratified_sample(labels, 40, seed=0), stratified_sample(labels, 40, seed=1))
