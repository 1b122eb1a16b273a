from __future__ import annotations

from fer_lightning.results.report.missing_runs import Occupied, missing_cells
from fer_lightning.results.report.model import FOLD, SEED

AXES = (FOLD, SEED)


def row(*places, frame="ckplus"):
    return Occupied(frame, frozenset((str(fold), str(seed)) for fold, seed in places))


def test_what_another_row_has_is_a_hole():
    full, lacking = row(*((f, s) for f in range(3) for s in range(2))), row((0, 0), (0, 1), (1, 0), (2, 0))
    assert missing_cells([full, lacking], AXES) == [(), ("data.fold=1, seed=1", "data.fold=2, seed=1")]


def test_an_axis_of_one_value_is_not_named_and_numbers_are_in_order():
    one, many = row((0, 2)), row((0, 2), (0, 10), (0, 9))
    assert missing_cells([one, many], AXES) == [("seed=9", "seed=10"), ()]


def test_a_single_row_has_no_holes_whatever_its_shape():
    assert missing_cells([row((0, 0), (1, 1))], AXES) == [()]


def test_rows_that_share_nothing_are_no_grid():
    assert missing_cells([row((0, 0), (1, 0)), row((2, 0), (3, 0))], AXES) == [(), ()]


def test_rows_of_other_data_have_other_folds():
    assert missing_cells([row((0, 0), frame="fer2013"), row((0, 0), (1, 0))], AXES) == [(), ()]


def test_rows_are_joined_through_a_third():
    first, second, bridge = row((0, 0)), row((1, 0)), row((0, 0), (1, 0))
    assert missing_cells([first, second, bridge], AXES) == [("data.fold=1",), ("data.fold=0",), ()]


def test_a_row_of_lost_jobs_alone_has_no_frame_and_no_missing_cells():
    assert missing_cells([row((0, 0), (1, 0)), row((0, 0), frame=None)], AXES) == [(), ()]


def test_without_an_axis_there_is_nothing_to_lack():
    assert missing_cells([Occupied("a", frozenset({()})), Occupied("a", frozenset({()}))], ()) == [(), ()]
