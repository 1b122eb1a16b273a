from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.errors import FerError
from fer_lightning.run.visualizations.sample_selection import Candidates, check_selection, select_faces

NAMES = ("angry", "happy", "sad")


def numbered(label, correct=None):
    """A test whose image i is all i."""
    right = np.ones(len(label), dtype=bool) if correct is None else np.array(correct, dtype=bool)
    images = np.arange(len(label), dtype=np.uint8)[:, None, None, None].repeat(4, 2).repeat(4, 3)
    return Candidates(lambda places: images[places], np.array(label), right, NAMES)


def places(shown):
    return shown.images[:, 0, 0, 0].tolist()


def test_every_class_of_the_test_is_shown_in_the_order_of_the_classes():
    label = [2, 0, 2, 0, 2, 0]
    shown = select_faces(numbered(label), 2, seed=0)
    assert shown.names == ["angry", "angry", "sad", "sad"]
    assert shown.label.tolist() == [0, 0, 2, 2]
    assert [label[place] for place in places(shown)] == [0, 0, 2, 2]
    assert len(set(places(shown))) == 4


def test_a_class_of_fewer_faces_gives_all_that_it_has():
    assert select_faces(numbered([0, 1, 1, 1]), 3, seed=0).names == ["angry", "happy", "happy", "happy"]


def test_the_seed_decides_and_zero_is_one():
    test = numbered([0, 1, 2] * 30)
    drawn = [places(select_faces(test, 2, seed)) for seed in (0, 0, 1, 2)]
    assert drawn[0] == drawn[1]
    assert len({tuple(one) for one in drawn}) == 3


def test_a_class_keeps_its_faces_whichever_others_are_tested():
    both = select_faces(numbered([0] * 20 + [1] * 20), 3, seed=0)
    alone = select_faces(numbered([0] * 20), 3, seed=0)
    assert places(alone) == places(both)[:3]


def test_right_answers_come_first_and_wrong_ones_fill_the_rest():
    label, correct = [0] * 40 + [1] * 3, [place in (7, 29) for place in range(40)] + [False] * 3
    shown = places(select_faces(numbered(label, correct), 3, seed=0, right_first=True))
    assert set(shown[:2]) == {7, 29}
    assert 0 <= shown[2] < 40
    assert set(shown[3:]) == {40, 41, 42}
    assert not {7, 29} & set(places(select_faces(numbered(label, correct), 3, seed=0)))


@pytest.mark.parametrize(
    ("per_class", "seed", "message"),
    [(0, 0, r"pages\.warps\.per_class=0: choose 1 or more"), (1, -1, r"pages\.warps\.seed=-1: choose 0 or more")],
)
def test_a_choice_of_no_face_or_an_impossible_seed_is_refused(per_class, seed, message):
    with pytest.raises(FerError, match=message):
        check_selection("warps", per_class, seed)
