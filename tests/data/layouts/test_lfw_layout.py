"""LFW as drawn for the tests has the names and the size of the real one."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest

from fer_lightning.errors import FerError
from tests.layouts.lfw import VARIANTS, write_lfw


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_face_is_a_colour_photograph_under_its_persons_name(tmp_path, make_faces, variant):
    faces = make_faces([0, 1, 2], size=48, subject=["ann", "bob", "ann"])
    folder = write_lfw(faces, tmp_path / "new", variant)
    assert folder == tmp_path / "new" / variant
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.*"))
    assert files == [
        "Drawn_ann/Drawn_ann_0001.jpg",
        "Drawn_ann/Drawn_ann_0002.jpg",
        "Drawn_bob/Drawn_bob_0001.jpg",
    ]
    assert all(re.fullmatch(r"(.+)/\1_\d{4}\.jpg", name) for name in files)
    second = cv2.imread(str(folder / files[1]), cv2.IMREAD_UNCHANGED)
    assert second.shape == (250, 250, 3)
    small = cv2.resize(second[:, :, 0], (48, 48), interpolation=cv2.INTER_AREA)
    correlation = [np.corrcoef(small.ravel(), np.asarray(image).ravel())[0, 1] for image in faces.pixels]
    assert int(np.argmax(correlation)) == 2


def test_another_variant_is_refused(tmp_path, make_faces):
    with pytest.raises(FerError, match="variant=lfwa: choose among lfw, lfw-deepfunneled, lfw_funneled"):
        write_lfw(make_faces([0], subject=["a"]), tmp_path, "lfwa")
