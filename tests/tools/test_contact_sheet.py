import sys

import cv2
import numpy as np
import pytest

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.data.synthetic.read import draw_set
from tools import contact_sheet


@pytest.fixture(scope="module")
def faces():
    return draw_set(images=48, subjects=3, size=48, seed=0)


def test_a_named_sheet_has_a_row_a_class(faces):
    chosen = contact_sheet.picks(faces, columns=5)
    assert faces.label[chosen].tolist() == [[c] * 5 for c in range(8)]
    picture = contact_sheet.contact_sheet(faces, columns=5)
    assert picture.shape == (8 * contact_sheet.TILE, 6 * contact_sheet.TILE)
    assert picture.dtype == np.uint8


def test_an_unnamed_sheet_mixes_the_classes_and_keeps_their_counts(faces):
    chosen = faces.label[contact_sheet.picks(faces, columns=5, names=False)]
    assert np.bincount(chosen.ravel()).tolist() == [5] * 8
    assert any(len(set(row)) > 1 for row in chosen.tolist())


def test_the_command_writes_the_picture_and_the_answers(tmp_path, monkeypatch):
    out = tmp_path / "new" / "sheet.png"
    arguments = ["sheet", str(out), "--images", "16", "--subjects", "2", "--columns", "3", "--unnamed"]
    monkeypatch.setattr(sys, "argv", arguments)
    contact_sheet.main()
    assert cv2.imread(str(out), cv2.IMREAD_GRAYSCALE).shape == (8 * contact_sheet.TILE, 3 * contact_sheet.TILE)
    answers = out.with_suffix(".txt").read_text().split()
    assert len(answers) == 24
    assert set(answers) == set(EXPRESSIONS)
