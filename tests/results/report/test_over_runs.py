"""The paired test over runs, compared with scipy and with a table of Student's t."""

from __future__ import annotations

import pytest
from reports import row, run
from scipy.stats import ttest_rel

from fer_lightning.results.report.significance import compare, over_runs

ACCURACY = "test/accuracy"


def made(values, metric=ACCURACY, **fields):
    """A row of runs, seed k with the k-th value."""
    runs = [run(metrics={metric: value}, seed=seed) for seed, value in values.items()]
    return row(mean=sum(values.values()) / len(values), runs=runs, **fields)


def test_three_seeds_by_hand_and_by_scipy():
    best, other = {0: 0.72, 1: 0.71, 2: 0.74}, {0: 0.70, 1: 0.68, 2: 0.70}
    found = over_runs(made(best), made(other), ACCURACY)
    # gains 2, 3 and 4 points: mean 3, standard error 1 / sqrt(3), and t of two degrees of freedom at 0.975 is 4.303
    assert (found.pairs, found.favours_best) == (3, True)
    assert found.difference == pytest.approx(0.03)
    assert found.interval == pytest.approx((0.03 - 4.303 * 0.01 / 3**0.5, 0.03 + 4.303 * 0.01 / 3**0.5), abs=1e-5)
    assert found.p == pytest.approx(ttest_rel(list(best.values()), list(other.values())).pvalue)


def test_only_seeds_of_both_count_and_one_is_no_test():
    assert over_runs(made({0: 0.7, 1: 0.8}), made({1: 0.5, 2: 0.9}), ACCURACY) is None
    found = over_runs(made({0: 0.7, 1: 0.8, 5: 0.1}), made({0: 0.6, 1: 0.6, 7: 1.0}), ACCURACY)
    assert (found.pairs, found.difference) == (2, pytest.approx(0.15))


def test_a_loss_is_better_when_lower():
    found = over_runs(made({0: 1.0, 1: 1.1}, "test/loss"), made({0: 1.2, 1: 1.4}, "test/loss"), "test/loss")
    assert found.favours_best
    assert found.difference < 0


def test_the_same_gain_in_every_pair():
    assert over_runs(made({0: 0.5, 1: 0.5}), made({0: 0.5, 1: 0.5}), ACCURACY).p == 1.0
    assert over_runs(made({0: 0.5, 1: 0.5}), made({0: 0.25, 1: 0.25}), ACCURACY).p == 0.0


def test_a_report_corrects_over_all_its_tests():
    best = made({0: 0.72, 1: 0.71, 2: 0.74}, loss="a")
    others = [made({0: 0.70, 1: 0.68, 2: 0.70}, loss="b"), made({0: 0.71, 1: 0.70, 2: 0.60}, loss="c")]
    single = [over_runs(best, other, ACCURACY).p for other in others]
    corrected = [comparison.runs.p for comparison in compare([best, *others], ACCURACY)]
    assert corrected == pytest.approx([2 * single[0], max(2 * single[0], single[1])])
