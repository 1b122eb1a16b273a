"""Published words become sides, by hand; what a publisher leaves out is cut from the training split."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.protocols import Request, apply_protocol
from fer_lightning.data.protocols.published import map_published_splits
from fer_lightning.errors import FerError

LOGGER = "fer_lightning.data.protocols"


def rows(protocol) -> list[list[int]]:
    return [side.tolist() for side in protocol.splits().values()]


def test_publishers_words_name_the_three_sides_and_other_words_none():
    words = ["PrivateTest", "Training", "unlabelled", "train", "test", "val", "", "PublicTest", "Train", "training"]
    sides = ["test", "train", "", "train", "test", "val", "", "val", "", ""]
    assert map_published_splits(np.array(words)).tolist() == sides


def test_official_validates_on_public_and_tests_on_private(fer2013_in_small):
    protocol = apply_protocol(fer2013_in_small, "official", Request())
    assert sorted(np.concatenate(list(protocol.splits().values()))) == list(range(35887))
    for side, split in zip(protocol.splits().values(), ("Training", "PublicTest", "PrivateTest"), strict=True):
        assert np.array_equal(side, np.flatnonzero(fer2013_in_small.split == split))


def test_official_does_not_depend_on_the_split_seed(fer2013_in_small):
    first, second = (apply_protocol(fer2013_in_small, "official", Request(seed=seed)) for seed in (0, 1))
    assert all(np.array_equal(first.splits()[stage], second.splits()[stage]) for stage in first.splits())


def test_official_leaves_out_rows_of_other_words_and_without_a_label(make_faces):
    split = ["test", "train", "unlabelled", "val", "train", "extra", "test"]
    faces = make_faces([0, 1, 2, 3, -1, 5, 6], split=split)
    assert rows(apply_protocol(faces, "official", Request())) == [[1], [3], [0, 6]]


def test_paper_a_cuts_private_test_into_a_third_and_two_thirds(fer2013_in_small):
    protocol = apply_protocol(fer2013_in_small, "paper_a", Request())
    assert (len(protocol.train), len(protocol.val), len(protocol.test)) == (28709, 1196, 2393)
    private = np.flatnonzero(fer2013_in_small.split == "PrivateTest")
    assert np.array_equal(np.sort(np.concatenate([protocol.val, protocol.test])), private)
    assert set(fer2013_in_small.split[protocol.train]) == {"Training"}
    counts = np.bincount(fer2013_in_small.label[protocol.val])
    # 1196/3589 of each class: 163.62 18.33 175.95 292.92 197.94 138.63 208.61; the five largest remainders go up
    assert counts.tolist() == [164, 18, 176, 293, 198, 139, 208]


def test_paper_c_tests_on_both_and_validates_inside_the_training_side(fer2013_in_small):
    protocol = apply_protocol(fer2013_in_small, "paper_c", Request())
    assert sorted(np.concatenate(list(protocol.splits().values()))) == list(range(35887))
    assert np.array_equal(protocol.test, np.flatnonzero(fer2013_in_small.split != "Training"))
    assert abs(len(protocol.val) - 2871) <= 7


def test_paper_c_follows_any_publisher_of_training_and_test_sides(make_faces):
    faces = make_faces([0] * 23, split=["val", "test", "other"] + ["train"] * 20)
    train, val, test = rows(apply_protocol(faces, "paper_c", Request()))
    assert test == [0, 1]
    assert (len(train), len(val)) == (18, 2)
    assert sorted(train + val) == list(range(3, 23))


@pytest.mark.parametrize("name", ["paper_a", "paper_c"])
def test_the_split_seed_repeats_and_changes_a_cut(fer2013_in_small, name):
    first, again, other = (
        apply_protocol(fer2013_in_small, name, Request(seed=seed)).val.tolist() for seed in (0, 0, 1)
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("words", "missing"), [(("Training", "PrivateTest"), "PublicTest"), (("train", "test"), "val")]
)
def test_without_a_validation_side_a_tenth_of_each_class_of_train_validates(make_faces, caplog, words, missing):
    faces = make_faces([0, 1] * 21, split=[words[0]] * 40 + [words[1]] * 2)
    with caplog.at_level("WARNING", logger=LOGGER):
        protocol = apply_protocol(faces, "official", Request())
    assert caplog.messages == [
        f"these files do not say what is {missing}: a tenth of the training images validates instead"
    ]
    assert protocol.test.tolist() == [40, 41]
    assert sorted(faces.label[protocol.val]) == [0, 0, 1, 1]
    assert sorted([*protocol.train, *protocol.val]) == list(range(40))


def test_without_a_test_side_the_validation_side_tests(make_faces, caplog):
    faces = make_faces([0, 1] * 21, split=["val"] * 2 + ["train"] * 40)
    with caplog.at_level("WARNING", logger=LOGGER):
        protocol = apply_protocol(faces, "official", Request())
    assert caplog.messages == [
        "no test split is published: the validation split tests, a tenth of the training images validates"
    ]
    assert protocol.test.tolist() == [0, 1]
    assert sorted(faces.label[protocol.val]) == [0, 0, 1, 1]
    assert sorted([*protocol.train, *protocol.val]) == list(range(2, 42))


def test_the_cut_keeps_people_and_copies_whole(make_faces):
    people = [f"p{number // 3}" for number in range(60)] + ["tester"]
    faces = make_faces([0] * 61, split=["train"] * 60 + ["test"], subject=people)
    faces.pixels[59] = faces.pixels[0]  # p0 and p19 share a picture
    for seed in range(5):
        protocol = apply_protocol(faces, "official", Request(seed=seed))
        train, val = (set(faces.subject[side]) for side in (protocol.train, protocol.val))
        assert not train & val
        assert {"p0", "p19"} <= train or {"p0", "p19"} <= val


def test_copies_across_published_sides_are_counted_by_hand(make_faces, caplog):
    split = ["Training"] * 4 + ["PublicTest"] * 2 + ["PrivateTest"] * 3
    faces = make_faces([0] * 9, split=split)
    faces.pixels[4] = faces.pixels[0]  # one of two validation images, and
    faces.pixels[6] = faces.pixels[0]  # two of three test images have a copy in train
    faces.pixels[7] = faces.pixels[1]
    with caplog.at_level("INFO", logger=LOGGER):
        apply_protocol(faces, "official", Request())
    assert caplog.messages == [
        "protocol official keeps exact copies as published: 1 of 2 val images also in train, "
        "2 of 3 test images also in train, 1 of 3 test images also in val"
    ]


def test_a_person_on_two_published_sides_is_refused(make_faces):
    split = ["Training", "Training", "PublicTest", "PrivateTest"]
    apart = make_faces([0, 1, 2, 3], split=split, subject=["ann", "bob", "cid", "dora"])
    assert apply_protocol(apart, "official", Request()).test.tolist() == [3]
    shared = make_faces([0, 1, 2, 3], split=split, subject=["ann", "bob", "cid", "ann"])
    with pytest.raises(FerError, match=r"data\.protocol=official: ann in both train and test; data\.protocol=kfold"):
        apply_protocol(shared, "official", Request())


def test_only_five_of_many_shared_people_are_named(make_faces):
    people = [f"p{number}" for number in range(8)]
    faces = make_faces([0] * 17, split=["train"] * 8 + ["test"] * 8 + ["val"], subject=[*people, *people, "q"])
    with pytest.raises(FerError, match=r"p0, p1, p2, p3, p4 and 3 more people in both train and test"):
        apply_protocol(faces, "official", Request())


def test_two_unknown_people_on_two_sides_are_not_one(make_faces):
    faces = make_faces([0, 1, 2], split=["train", "val", "test"], subject=["", "", ""])
    assert rows(apply_protocol(faces, "official", Request())) == [[0], [1], [2]]


@pytest.mark.parametrize(
    ("name", "split", "message"),
    [
        (
            "official",
            None,
            r"has no published split; choose among kfold, paper_c_kfold, kfold_images, holdout, test_only, train_is_t",
        ),
        ("paper_a", None, "has no published split; choose"),
        ("paper_c", None, "has no published split; choose"),
        ("official", ["PublicTest", "PrivateTest"], r"no published split Training, train \(it says PrivateTest, Publi"),
        ("official", ["train", "train"], r"no published split PublicTest, val, PrivateTest, test \(it says train\)"),
        ("official", ["Train", "Test"], r"no published split Training, train \(it says Test, Train\)"),
        ("paper_a", ["train", "test"], r"no published split PrivateTest; choose among official, paper_c, kfold"),
        ("paper_a", ["PublicTest", "PrivateTest"], r"no published split Training, train"),
        (
            "paper_c",
            ["train", "val"],
            r"no published split PrivateTest, test \(it says train, val\); .* official, kfold",
        ),
        ("paper_c", ["val", "test"], r"no published split Training, train"),
    ],
)
def test_a_split_that_is_not_published_is_refused_with_the_protocols_that_are_open(make_faces, name, split, message):
    columns = {} if split is None else {"split": split}
    with pytest.raises(FerError, match=rf"data\.protocol={name}: this data set .*{message}"):
        apply_protocol(make_faces([0, 1], **columns), name, Request())


def test_a_quarter_of_train_trains_and_the_rest_validates_and_tests(fer2013_in_small):
    protocols = [apply_protocol(fer2013_in_small, "train_quarter", Request(fold)) for fold in range(4)]
    training = np.flatnonzero(fer2013_in_small.split == "Training")
    assert np.array_equal(np.sort(np.concatenate([protocol.train for protocol in protocols])), training)
    for protocol in protocols:
        assert len(protocol.train) == pytest.approx(28709 / 4, abs=7)
        assert np.array_equal(np.sort(np.concatenate([protocol.train, protocol.val])), training)
        assert np.array_equal(protocol.test, protocol.val)
        shares = [np.bincount(fer2013_in_small.label[side]) / len(side) for side in (protocol.train, protocol.val)]
        assert np.allclose(*shares, atol=0.001)


def test_the_quarters_keep_people_and_copies_together(make_faces):
    faces = make_faces(
        [0, 1] * 12,
        split=["Training"] * 20 + ["PrivateTest"] * 4,
        subject=[f"p{row // 2}" for row in range(24)],
        extras={"digest": np.where(np.arange(24) == 19, 0, np.arange(24))},
    )
    for fold in range(4):
        protocol = apply_protocol(faces, "train_quarter", Request(fold))
        assert set(faces.subject[protocol.train]) & set(faces.subject[protocol.val]) == set()
        assert (0 in protocol.train) == (19 in protocol.train)
        assert max(protocol.train.max(), protocol.val.max()) < 20


def test_what_a_quarter_needs_and_a_fifth_one(make_faces):
    with pytest.raises(FerError, match=r"data\.protocol=train_quarter: this data set has no published split"):
        apply_protocol(make_faces([0] * 8), "train_quarter", Request())
    with pytest.raises(FerError, match=r"data\.fold=4: choose 0\.\.3"):
        apply_protocol(make_faces([0] * 8, split=["train"] * 8), "train_quarter", Request(4))


def test_folds_of_train_test_each_training_image_once_and_validate_on_the_published_side(fer2013_in_small):
    published = apply_protocol(fer2013_in_small, "official", Request())
    for k in (None, 3):
        folds = [apply_protocol(fer2013_in_small, "train_kfold", Request(fold, k)) for fold in range(k or 2)]
        assert np.array_equal(np.sort(np.concatenate([protocol.test for protocol in folds])), published.train)
        for protocol in folds:
            assert np.array_equal(np.sort(np.concatenate([protocol.train, protocol.test])), published.train)
            assert np.array_equal(protocol.val, published.val)
            assert len(protocol.test) == pytest.approx(28709 / (k or 2), abs=7)


def test_folds_of_train_keep_people_and_copies_together_and_never_read_the_test_side(make_faces):
    faces = make_faces(
        [0, 1] * 14,
        split=["train"] * 20 + ["val"] * 4 + ["test"] * 4,
        subject=[f"p{row // 2}" for row in range(28)],
        extras={"digest": np.where(np.arange(28) == 19, 0, np.arange(28))},
    )
    for fold in range(2):
        protocol = apply_protocol(faces, "train_kfold", Request(fold))
        assert set(faces.subject[protocol.train]) & set(faces.subject[protocol.test]) == set()
        assert (0 in protocol.train) == (19 in protocol.train)
        assert protocol.val.tolist() == [20, 21, 22, 23]
        assert max(protocol.train.max(), protocol.test.max()) < 20


def test_folds_of_train_validate_on_a_tenth_of_it_where_a_validation_side_is_all_that_tests(make_faces):
    faces = make_faces([0, 1] * 15, split=["train"] * 20 + ["val"] * 10)
    protocol = apply_protocol(faces, "train_kfold", Request())
    assert np.array_equal(protocol.val, apply_protocol(faces, "official", Request()).val)
    assert max(protocol.val) < 20
