from __future__ import annotations

import pytest

from fer_lightning.results.report.discover_runs import discover_runs
from fer_lightning.results.report.rows import paper_value, score


@pytest.fixture
def runs(tmp_path, make_result):
    def made(*results):
        for number, fields in enumerate(results):
            make_result(tmp_path / f"{number}", seed=number, **fields)
        return discover_runs([tmp_path]).runs

    return made


def test_three_runs_by_hand(runs):
    found = score(runs({"accuracy": 0.70}, {"accuracy": 0.72}, {"accuracy": 0.77}), "test/accuracy")
    # mean 0.73; deviations -0.03, -0.01, 0.04: variance 0.0026 / 2; t of 2 degrees of freedom 4.302653
    assert found.mean == pytest.approx(0.73)
    assert found.sd == pytest.approx(0.0360555)
    assert found.n == 3
    assert found.interval == pytest.approx((0.73 - 4.302653 * 0.0360555 / 3**0.5, 0.73 + 0.0895669), abs=1e-6)


def test_two_runs_reach_no_further_than_a_fraction_can(runs):
    found = runs({"accuracy": 0.9, "metrics": {"test/loss": 0.1}}, {"accuracy": 1.0, "metrics": {"test/loss": 0.3}})
    # t of one degree of freedom 12.7062: 0.95 +- 0.635
    assert score(found, "test/accuracy").interval == pytest.approx((0.314690, 1.0), abs=1e-5)
    # a loss has no bounds: 0.2 +- 12.7062 * 0.1
    assert score(found, "test/loss").interval == pytest.approx((-1.07062, 1.47062), abs=1e-5)


def test_equal_runs_have_an_interval_of_no_width(runs):
    found = score(runs({"accuracy": 0.5}, {"accuracy": 0.5}), "test/accuracy")
    assert (found.sd, found.interval) == (0.0, (0.5, 0.5))


def test_a_single_run_has_the_interval_over_its_images(runs):
    (run,) = runs({"accuracy": 0.75})
    found = score([run], "test/accuracy")
    assert (found.mean, found.sd, found.n) == (0.75, None, 1)
    # Wilson of 75 of 100
    assert found.interval == pytest.approx((0.6569, 0.8245), abs=1e-4)
    assert score([run], "test/macro_f1").interval is None


def test_an_interval_that_the_run_knows_is_taken(runs):
    (run,) = runs({"intervals": {"test/accuracy": [0.6, 0.9]}})
    assert score([run], "test/accuracy").interval == (0.6, 0.9)


def test_runs_without_the_metric_are_not_averaged(runs):
    found = runs({"metrics": {"test/ece": 0.1}}, {"metrics": {"test/ece": None}}, {"metrics": {"test/ece": 0.3}})
    assert (score(found, "test/ece").mean, score(found, "test/ece").n) == (pytest.approx(0.2), 2)
    assert score(found[1:2], "test/ece").mean is None
    assert score([], "test/accuracy").n == 0


def test_the_paper_counts_where_it_reports_this_metric_and_all_runs_agree(runs):
    paper = {"title": "A", "metric": "test/accuracy", "value": 0.9451}
    one, two, other, unnamed, none = runs(
        {"paper": paper}, {"paper": paper}, {"paper": {**paper, "value": 0.9}}, {"paper": {"value": 0.8}}, {}
    )
    assert paper_value([one, two, none], "test/accuracy") == 0.9451
    assert paper_value([one, other], "test/accuracy") is None
    assert paper_value([one], "test/macro_f1") is None
    assert paper_value([unnamed], "test/accuracy") == 0.8
    assert paper_value([none], "test/accuracy") is None
