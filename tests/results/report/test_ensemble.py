from __future__ import annotations

import logging

import numpy as np
import pytest
from answered import answered, row_of
from reports import cells, header, report

from fer_lightning.results.metric_names import label
from fer_lightning.results.report.ensemble import with_ensemble
from fer_lightning.results.report.model import Report
from fer_lightning.results.report.rows import pool_counts
from fer_lightning.results.report.significance import compare

ACCURACY = "test/accuracy"

# of the true class; each alone is right on four of six images, and their mean on five
ONE = np.array([0.9, 0.8, 0.7, 0.6, 0.3, 0.4])
TWO = np.array([0.9, 0.4, 0.6, 0.1, 0.9, 0.8])
TRUE = np.array([0, 0, 0, 1, 1, 1])


def two_nets(folder, **fields):
    return [row_of(answered(folder, p, true=TRUE, **fields), model=name) for p, name in ((ONE, "a"), (TWO, "b"))]


def test_two_nets_that_are_wrong_on_different_images_mend_each_other(tmp_path):
    rows, notes = with_ensemble(two_nets(tmp_path), ACCURACY)
    assert [row.ensemble for row in rows] == [False, False, True]
    made = rows[2]
    assert (made.name, made.key) == ("ensemble of 2 rows", {"model": "ensemble of 2 rows"})
    # means 0.9, 0.6, 0.65, 0.35, 0.6, 0.6: the fourth is wrong, a `yes` taken for a `no`
    (result,) = (run.result for run in made.runs)
    assert result.confusion_matrix == [[3, 0], [1, 2]]
    assert result.metrics[ACCURACY] == pytest.approx(5 / 6)
    assert result.metrics["test/balanced_accuracy"] == pytest.approx((1 + 2 / 3) / 2)
    assert result.metrics["test/macro_f1"] == pytest.approx((6 / 7 + 4 / 5) / 2)
    assert result.metrics["test/recall/yes"] == pytest.approx(2 / 3)
    assert result.counts == {"test": 6}
    assert (made.score.mean, made.score.n, made.score.sd) == (pytest.approx(5 / 6), 1, None)
    assert made.score.interval == tuple(result.intervals[ACCURACY])
    np.testing.assert_allclose(made.runs[0].predictions.probabilities[:2], [[0.9, 0.1], [0.6, 0.4]], atol=1e-6)
    assert notes == ("The ensemble averages the probabilities of 2 runs for each image.",)
    assert pool_counts(made).counts.tolist() == [[3, 0], [1, 2]]


def test_it_averages_over_rows_and_seeds_within_each_fold(tmp_path):
    ids = [[f"{fold}/{k}" for k in range(6)] for fold in (0, 1)]
    nets = {"a": (ONE, TWO), "b": (TWO, TWO)}
    rows = [
        row_of(
            *(
                answered(tmp_path, p if fold else ONE, ids[fold], TRUE, fold=fold, seed=seed)
                for fold in (0, 1)
                for seed, p in enumerate(chances)
            ),
            model=name,
        )
        for name, chances in nets.items()
    ]
    (*_, made), notes = with_ensemble(rows, ACCURACY)
    assert [run.fold for run in made.runs] == [0, 1]
    # fold 0: four times ONE, right on 4; fold 1: (ONE + 3 TWO) / 4 = 0.9, 0.5, 0.625, 0.225, 0.75, 0.7
    assert [run.result.metrics[ACCURACY] for run in made.runs] == [pytest.approx(4 / 6), pytest.approx(5 / 6)]
    assert made.score.n == 2
    assert made.score.mean == pytest.approx(0.75)
    assert made.score.sd == pytest.approx(np.std([4 / 6, 5 / 6], ddof=1))
    assert notes[0].startswith("The ensemble averages the probabilities of 4 runs")


def test_images_and_classes_are_matched_by_name(tmp_path):
    order = np.array([3, 1, 5, 0, 4, 2])
    ids = np.array([f"{k}.png" for k in range(6)])
    one = row_of(answered(tmp_path, ONE, ids, TRUE), model="a")
    turned = answered(tmp_path, TWO[order], ids[order], 1 - TRUE[order], names=("yes", "no"))
    (*_, made), _ = with_ensemble([one, row_of(turned, model="b")], ACCURACY)
    assert made.runs[0].result.class_names == ["no", "yes"]
    assert made.runs[0].result.confusion_matrix == [[3, 0], [1, 2]]


def test_an_image_is_averaged_over_the_runs_that_tested_it(tmp_path):
    ids = [f"{k}.png" for k in range(6)]
    rows = [
        row_of(answered(tmp_path, ONE, ids, TRUE), model="a"),
        row_of(answered(tmp_path, TWO[:4], ids[:4], TRUE[:4]), model="b"),
        row_of(answered(tmp_path, TWO[:3], ids[:3], TRUE[:3]), model="c"),
    ]
    (*_, made), notes = with_ensemble(rows, ACCURACY)
    # (0.9 + 0.9 + 0.9) / 3, (0.8 + 0.4 + 0.4) / 3 = 0.53, (0.7 + 0.6 + 0.6) / 3 and (0.6 + 0.1) / 2
    np.testing.assert_allclose(made.runs[0].predictions.probabilities[1], [1.6 / 3, 1.4 / 3], atol=1e-6)
    assert made.runs[0].result.confusion_matrix == [[3, 0], [1, 0]]
    assert notes == (
        "The ensemble averages the probabilities of 2 to 3 runs for each image; "
        "2 that a single run tested are left out.",
    )


def test_runs_that_cannot_be_averaged_are_left_out_and_named(tmp_path, caplog):
    broken = answered(tmp_path, ONE, true=TRUE)
    (broken.folder / "predictions.parquet").write_bytes(b"no")
    rows = [
        *two_nets(tmp_path),
        row_of(*(answered(tmp_path, ONE, true=TRUE, seed=s, kept=False) for s in (0, 1)), model="unkept"),
        row_of(broken, model="broken"),
        row_of(answered(tmp_path, ONE, true=TRUE, protocol="official"), model="split"),
        row_of(answered(tmp_path, ONE, true=TRUE, choices={"data": "jaffe"}), model="data"),
        row_of(answered(tmp_path, ONE, true=TRUE, names=("no", "maybe")), model="classes"),
        row_of(answered(tmp_path, ONE, true=1 - TRUE), model="labels"),
    ]
    with caplog.at_level(logging.WARNING):
        (*_, made), notes = with_ensemble(rows, ACCURACY)
    assert made.name == "ensemble of 2 rows"
    assert made.runs[0].result.confusion_matrix == [[3, 0], [1, 2]]
    assert notes[1:] == (
        "Not in the ensemble, for they kept no predictions: 2 of model=unkept, 1 of model=broken.",
        "Not in the ensemble, for they were tested on other data, under another protocol or with other classes "
        "than the best row: 1 of model=split, 1 of model=data, 1 of model=classes.",
        "Not in the ensemble, for images have another true class there: 1 of model=labels.",
    )
    (warning,) = caplog.records
    assert str(broken.folder) in warning.message


def test_one_run_is_no_ensemble(tmp_path):
    rows = two_nets(tmp_path)[:1]
    assert with_ensemble(rows, ACCURACY) == (
        tuple(rows),
        ("No ensemble: it needs two runs that kept predictions of the same images.",),
    )


def test_seeds_of_a_single_row_are_one(tmp_path):
    row = row_of(*(answered(tmp_path, p, true=TRUE, seed=seed) for seed, p in enumerate((ONE, TWO))))
    rows, _ = with_ensemble([row], ACCURACY)
    assert rows[1].name == "ensemble of 2 runs"
    shown = report(*rows)
    shown = Report(ACCURACY, (), rows, shown.comparisons, (), "", "")
    assert [row[0] for row in cells(shown)] == ["all runs", "ensemble of 2 runs"]


@pytest.mark.parametrize("metric", ["test/macro_f1", "test/recall/yes"])
def test_the_row_has_the_metric_of_the_report(tmp_path, metric):
    (*_, made), _ = with_ensemble(two_nets(tmp_path), metric)
    assert made.score.mean == made.runs[0].result.metrics[metric]


def test_a_metric_that_it_has_not_gives_no_row_but_a_note(tmp_path):
    rows, (note,) = with_ensemble(two_nets(tmp_path), "test/loss")
    assert len(rows) == 2
    assert note.startswith("No ensemble: test/loss is not")


def test_it_is_shown_and_compared_like_any_row(tmp_path):
    random = np.random.default_rng(0)
    chances = random.uniform(0.2, 0.9, (3, 500))
    nets = [row_of(answered(tmp_path, p), model=name) for p, name in zip(chances, "abc", strict=True)]
    (*rest, made), notes = with_ensemble(nets, ACCURACY)
    tests = compare([made, *rest], ACCURACY)
    assert [c.test for c in tests] == ["McNemar"] * 3
    assert all(c.images == 500 and c.p < 0.05 and c.runs is None for c in tests)
    shown = Report(ACCURACY, ("model",), (made, *rest), tests, notes, "", "")
    figures = dict(zip(header(shown), cells(shown)[0], strict=True))
    assert figures["model"] == "ensemble of 3 rows"
    assert figures[f"{label(ACCURACY)}, %"] == f"{100 * made.score.mean:.1f} (1)"
    assert figures["hours"] == ""
