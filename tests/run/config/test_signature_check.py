"""Values are compared with the parameters of their targets, elements of lists and maps too."""

from __future__ import annotations

import pytest

from fer_lightning.errors import FerError
from fer_lightning.run.config.signature_check import check_targets

READER = {"_target_": "fer_lightning.data.readers.folder.FolderReader", "dir": "x"}


@pytest.mark.parametrize(
    ("key", "value", "place"),
    [("labels", {"a": "happy", "b": True}, ".b=True"), ("splits", {"dev": 1}, ".dev=1")],
)
def test_what_yaml_takes_for_no_text_is_refused_with_its_place(key, value, place):
    with pytest.raises(FerError) as refused:
        check_targets({"data": {"faces": {**READER, key: value}}})
    assert str(refused.value).startswith(
        f"data.faces.{key}{place}: it must be a text; numbers, and what YAML takes for"
    )


def test_texts_numbers_and_null_pass_where_they_belong():
    good = {"labels": {"0": "happy"}, "splits": None, "counts": {"all": {"happy": 3}}}
    check_targets({"data": {"faces": {**READER, **good}}})


def test_a_target_of_unknown_parameters_is_refused():
    with pytest.raises(FerError, match=r"preprocess\._target_=cv2\.imread: Python cannot tell what it takes"):
        check_targets({"preprocess": {"_target_": "cv2.imread", "size": 3}})
