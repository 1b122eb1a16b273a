"""`auto` is official where the data name their splits, else holdout; what is pooled or left out is one line."""

from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.data.protocols import Request, apply_protocol
from fer_lightning.errors import FerError

LOGGER = "fer_lightning.data.protocols.registry"


def lines(caplog, faces, name):
    caplog.clear()
    with caplog.at_level("INFO", logger=LOGGER):
        protocol = apply_protocol(faces, name, Request())
    return protocol, [record.getMessage() for record in caplog.records if record.name == LOGGER]


def test_named_sides_are_kept(make_faces, caplog):
    faces = make_faces([0, 1] * 20, split=["train"] * 30 + ["val"] * 4 + ["test"] * 6)
    protocol, said = lines(caplog, faces, "auto")
    assert (protocol.name, len(protocol.train), len(protocol.val), len(protocol.test)) == ("official", 30, 4, 6)
    assert said == ["data.protocol=auto is official: the data name their splits, test 6, train 30, val 4"]


def test_without_a_validation_side_a_tenth_of_train_validates(make_faces, caplog):
    faces = make_faces([0, 1] * 25, split=["train"] * 40 + ["test"] * 10)
    protocol, _ = lines(caplog, faces, "auto")
    assert (protocol.name, len(protocol.train), len(protocol.val)) == ("official", 36, 4)
    assert protocol.test.tolist() == list(range(40, 50))


def test_a_side_alone_is_pooled_with_a_warning(make_faces, caplog):
    faces = make_faces([0, 1] * 20, split=["train"] * 30 + ["val"] * 10)
    protocol, said = lines(caplog, faces, "auto")
    assert protocol.name == "holdout"
    assert said[0] == (
        "data.protocol=auto is holdout, for the data name no test split: train 30, val 10 are pooled; "
        "data.protocol=official keeps splits where train and one other are named"
    )


def test_data_without_sides_are_split_by_chance(make_faces, caplog):
    protocol, said = lines(caplog, make_faces([0, 1] * 20), "auto")
    assert protocol.name == "holdout"
    assert said == ["data.protocol=auto is holdout: the data name no splits"]


def test_sides_that_a_protocol_pools_are_said(make_faces, caplog):
    faces = make_faces([0, 1] * 20, split=["train"] * 30 + ["test"] * 10)
    assert lines(caplog, faces, "kfold")[1] == ["protocol kfold pools the splits that the data name: test 10, train 30"]
    assert lines(caplog, make_faces([0, 1] * 20), "kfold")[1] == []


def test_images_that_a_protocol_leaves_out_are_said(make_faces, caplog):
    split = ["train"] * 20 + ["val"] * 4 + ["test"] * 6 + ["extra"] * 7 + [""] * 3
    faces = make_faces([0, 1] * 20, split=split)
    assert lines(caplog, faces, "official")[1] == ["protocol official leaves out 10 images: (none) 3, extra 7"]
    assert lines(caplog, faces, "auto")[1][1:] == ["protocol official leaves out 10 images: (none) 3, extra 7"]


def test_few_training_people_still_leave_one_to_validate(make_faces):
    people = [f"p{row % 4}" for row in range(20)] + ["q"] * 5
    faces = make_faces([0] * 25, split=["train"] * 20 + ["test"] * 5, subject=people)
    protocol = apply_protocol(faces, "auto", Request())
    assert [len(set(faces.subject[rows])) for rows in protocol.splits().values()] == [3, 1, 1]
    alone = make_faces([0] * 25, split=["train"] * 20 + ["test"] * 5, subject=["p"] * 20 + ["q"] * 5)
    with pytest.raises(FerError, match=r"the training images are one person .* none can validate"):
        apply_protocol(alone, "auto", Request())


def test_auto_is_one_split_and_needs_labels(make_faces):
    with pytest.raises(FerError, match=r"data\.fold=1: protocol auto is one split"):
        apply_protocol(make_faces([0, 1] * 20), "auto", Request(fold=1))
    with pytest.raises(FerError, match=r"data\.protocol=auto: none of the 4 images has a label"):
        apply_protocol(make_faces(np.full(4, -1)), "auto", Request())
