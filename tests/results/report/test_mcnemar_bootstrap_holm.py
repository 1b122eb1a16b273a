from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy.stats import norm

from fer_lightning.results.report.significance import SMALLEST, bootstrap, holm, mcnemar


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        (9, 1, 22 / 1024),  # 2 * (1 + 10) / 2**10
        (1, 9, 22 / 1024),
        (3, 0, 0.25),
        (8, 2, 112 / 1024),  # 2 * (1 + 10 + 45) / 2**10
        (5, 5, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemar_is_the_binomial_of_the_images_on_which_two_differ(first, second, p):
    assert mcnemar(first, second) == pytest.approx(p, abs=1e-12)


@pytest.mark.parametrize("differences", [[1, 1, 0, -1, 2], [2, 0, -1, 2, -1, 1], [3, -3, 6, 0, 9, 3], [5, 7, 4, -2]])
def test_bootstrap_counts_every_possible_sample(differences):
    n = len(differences)
    sums = [sum(sample) for sample in product(differences, repeat=n)]
    below, above = (Fraction(sum(hit), n**n) for hit in ([s <= 0 for s in sums], [s >= 0 for s in sums]))
    least = Fraction(2, 2 ** np.count_nonzero(differences))
    wanted = min(1, max(2 * min(below, above), least))
    assert bootstrap(np.array(differences)) == pytest.approx(float(wanted), abs=1e-12)
    assert bootstrap(-np.array(differences)) == pytest.approx(float(wanted), abs=1e-12)


def test_bootstrap_is_what_drawn_samples_show():
    random = np.random.default_rng(0)
    differences = random.choice([-2, -1, 0, 1, 2], 400, p=[0.02, 0.08, 0.75, 0.12, 0.03])
    samples = differences[random.integers(0, 400, (20_000, 400))].sum(axis=1)
    drawn = 2 * min((samples <= 0).mean(), (samples >= 0).mean())
    assert 0.001 < drawn < 0.2
    assert bootstrap(differences) == pytest.approx(drawn, abs=0.004)


def test_bootstrap_of_a_clear_case_of_none_and_of_nothing():
    assert bootstrap(np.repeat([1, 0, -1], [300, 600, 100])) == SMALLEST
    assert bootstrap(np.repeat([1, 0, -1], [200, 600, 200])) == 1.0
    assert bootstrap(np.zeros(50, dtype=np.int64)) == 1.0


def test_bootstrap_is_not_surer_of_few_images_than_a_sign_test():
    assert bootstrap(np.array([1, 1, 1])) == 0.25  # every sample has the same sign
    assert bootstrap(np.array([2, 2, 2, 0])) == 0.25


def test_bootstrap_rounds_where_runs_of_one_fold_and_seed_make_too_many_sums():
    random = np.random.default_rng(1)
    few = random.choice([-1, 0, 1], 3000, p=[0.1, 0.78, 0.12])
    many = few * 9973 + random.integers(-20, 21, 3000)
    assert np.ptp(many) * len(many) > 2**25
    # sums of 3000 images are nearly normal, and among so many the chance of zero itself is small
    z = abs(many.mean()) / (many.std() / np.sqrt(len(many)))
    assert bootstrap(many) == pytest.approx(2 * norm.sf(z), rel=0.05)


def test_holm_by_hand():
    # ascending 0.01 * 4, 0.02 * 3, 0.03 * 2 = 0.06, 0.9
    assert holm([0.03, 0.9, 0.01, 0.02]) == pytest.approx([0.06, 0.9, 0.04, 0.06])
    # 0.04 * 2 = 0.08, and the larger p is not less than the smaller one
    assert holm([0.05, 0.04]) == pytest.approx([0.08, 0.08])
    assert holm([0.6, 0.7]) == [1.0, 1.0]
    assert holm([]) == []
