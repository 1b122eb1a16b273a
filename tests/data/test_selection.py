"""The wanted classes under a protocol, and fewer of the training images."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fer_lightning.data.protocols import Protocol, Request
from fer_lightning.data.selection import check_trains, limit_training_images, select
from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import compose_job

NAMES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def split(train, val=(), test=()):
    return Protocol("official", *(np.array(rows, dtype=np.int64) for rows in (train, val, test)))


def test_test_only_has_a_test_side_alone_and_that_is_allowed(make_faces):
    label, protocol = select(make_faces([0, 3, 6, -1]), NAMES, "test_only", Request())
    assert label.tolist() == [0, 3, 6, -1]
    assert [rows.tolist() for rows in protocol.splits().values()] == [[], [], [0, 1, 2]]
    assert limit_training_images(protocol, label, None, 0).test.tolist() == [0, 1, 2]


def test_wanted_classes_may_not_empty_the_only_side(make_faces):
    with pytest.raises(FerError, match=r"data\.class_names=\['sad', 'fear'\] leave no image to test"):
        select(make_faces([0, 3, 6]), ["sad", "fear"], "test_only", Request())


def test_class_names_are_compared_as_composed_text(make_faces):
    faces = replace(make_faces([0, 1, 1]), class_names=("fr\u00f6hlich", "b"))
    assert select(faces, ["b", "fro\u0308hlich"], "test_only", Request())[0].tolist() == [1, 0, 0]


def test_unknown_classes_are_answered_with_the_override_that_takes_all(make_faces):
    own = ("happy", "caf\u00e9 au lait", "3", "true", 'a"b')
    faces = replace(make_faces([0, 1, 2, 3, 4]), class_names=own)
    with pytest.raises(FerError) as refused:
        select(faces, NAMES, "test_only", Request())
    message = str(refused.value)
    assert message.startswith("data.class_names: no angry, disgust, fear, sad, surprise, neutral here; all that are")
    (typed,) = shlex.split(message.split(" are here: ")[1])
    config = compose_job([typed, "paths.data_dir=x"], Path("x")).config
    assert config["data"]["class_names"] == list(own)


def test_fewer_keeps_the_shares_of_the_classes_and_the_other_sides():
    label = np.repeat([0, 1], [30, 10])
    protocol = split(np.arange(40), [1, 2], [3])
    less = limit_training_images(protocol, label, 8, seed=0)
    assert np.bincount(label[less.train]).tolist() == [6, 2]
    assert [less.val.tolist(), less.test.tolist(), less.name] == [[1, 2], [3], "official"]
    assert limit_training_images(protocol, label, 8, seed=0).train.tolist() == less.train.tolist()
    assert limit_training_images(protocol, label, 8, seed=1).train.tolist() != less.train.tolist()


@pytest.mark.parametrize("limit", [None, 40, 10**6])
def test_a_limit_that_is_none_or_large_keeps_all(limit):
    protocol = split(np.arange(40))
    assert limit_training_images(protocol, np.arange(40) % 2, limit, 0).train.tolist() == list(range(40))


def test_a_class_that_does_not_train_is_refused_with_the_way_out_that_fits():
    label = np.repeat([0, 1], [30, 1])
    with pytest.raises(FerError, match=r"the training side has no image of b; raise data\.max_train_images"):
        check_trains(limit_training_images(split(np.arange(31)), label, 3, 0), label, ["a", "b"], 3)
    with pytest.raises(FerError, match=r"the training side has no image of b, c; leave it out"):
        check_trains(split(np.arange(30)), label, ["a", "b", "c"], None)
