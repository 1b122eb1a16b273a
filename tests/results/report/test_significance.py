from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest
from answered import answered, predictions, row_of
from reports import run

from fer_lightning.results.report import paired_predictions
from fer_lightning.results.report.model import Row, Score
from fer_lightning.results.report.significance import compare

ACCURACY = "test/accuracy"


def nine_to_one(size=100):
    """Two sets of answers: alone right on 9 images the first, on 1 the second; both on the rest but ten."""
    first, second = np.ones(size, dtype=bool), np.ones(size, dtype=bool)
    first[:11], second[:20] = False, False
    second[0] = True
    return first, second


def test_one_test_of_each_image_is_mcnemar(tmp_path):
    first, second = nine_to_one()
    best, other = (row_of(answered(tmp_path, right), loss=name) for right, name in ((first, "l1"), (second, "l2")))
    (found,) = compare([best, other], ACCURACY)
    assert (found.best, found.other, found.test, found.images, found.reason) == (0, 1, "McNemar", 100, "")
    assert found.difference == pytest.approx(0.08)
    assert found.p == pytest.approx(22 / 1024)
    assert found.runs is None
    assert not found.supported  # one seed shows no difference between two methods


def test_folds_of_different_images_are_pooled(tmp_path):
    first, second = nine_to_one()
    ids = [f"{k}.png" for k in range(100)]
    rows = [
        row_of(*(answered(tmp_path, right[k::2], ids[k::2], fold=k) for k in (0, 1)), loss=name)
        for right, name in ((first, "l1"), (second, "l2"))
    ]
    (found,) = compare(rows, ACCURACY)
    assert (found.test, found.images) == ("McNemar", 100)
    assert found.p == pytest.approx(22 / 1024)


def test_images_are_paired_by_name_whatever_their_order(tmp_path):
    first, second = nine_to_one()
    ids = np.array([f"{k}.png" for k in range(100)])
    true = np.arange(100) % 2
    order = np.random.default_rng(0).permutation(120)
    more = np.append(ids, [f"only here {k}" for k in range(20)])[order]
    right, labels = np.append(second, np.zeros(20, dtype=bool))[order], np.append(true, np.zeros(20, dtype=int))[order]
    best = row_of(answered(tmp_path, first, ids, true), loss="l1")
    other = row_of(answered(tmp_path, right, more, labels), loss="l2")
    (found,) = compare([best, other], ACCURACY)
    assert (found.test, found.images) == ("McNemar", 100)
    assert found.difference == pytest.approx(0.08)
    assert found.p == pytest.approx(22 / 1024)


def test_classes_are_compared_by_name(tmp_path):
    right = np.ones(30, dtype=bool)
    one = answered(tmp_path, right)
    turned = answered(tmp_path, ~right, true=np.ones(30), names=("yes", "no"))
    (found,) = compare([row_of(one, loss="l1"), row_of(turned, loss="l2")], ACCURACY)
    assert found.difference == 1.0


def test_images_that_come_again_over_seeds_are_drawn_whole(tmp_path):
    random = np.random.default_rng(0)
    strong, weak = (random.random((3, 400)) < share for share in (0.9, 0.7))
    rows = [
        row_of(*(answered(tmp_path, right, seed=seed) for seed, right in enumerate(runs)), loss=name)
        for runs, name in ((strong, "l1"), (weak, "l2"))
    ]
    (found,) = compare(rows, ACCURACY)
    assert (found.test, found.images) == ("paired bootstrap", 400)
    assert found.difference == pytest.approx(strong.mean() - weak.mean())
    assert found.p < 1e-6
    assert compare(rows, ACCURACY) == (found,)


def test_seeds_that_repeat_the_same_answers_add_no_certainty(tmp_path):
    # one image in ten differs, as in 24 against 16 of 400: taken as independent, five seeds would be 120 against 80
    first, second = np.ones(400, dtype=bool), np.ones(400, dtype=bool)
    second[:24], first[24:40] = False, False
    rows = [
        row_of(*(answered(tmp_path, right, seed=seed) for seed in range(5)), loss=name)
        for right, name in ((first, "l1"), (second, "l2"))
    ]
    (found,) = compare(rows, ACCURACY)
    assert found.test == "paired bootstrap"
    assert found.p > 0.1
    assert not found.supported


def test_only_folds_and_seeds_of_both_rows_count(tmp_path):
    first, second = nine_to_one()
    best = row_of(answered(tmp_path, first, seed=0), answered(tmp_path, ~first, seed=1), loss="l1")
    other = row_of(answered(tmp_path, second, seed=0), answered(tmp_path, ~second, seed=2), loss="l2")
    (found,) = compare([best, other], ACCURACY)
    assert (found.test, found.images) == ("McNemar", 100)
    assert found.difference == pytest.approx(0.08)


def test_several_runs_of_one_fold_and_seed_are_each_compared_with_each(tmp_path):
    one, half, none = np.ones(40, dtype=bool), np.arange(40) < 20, np.zeros(40, dtype=bool)
    best = row_of(answered(tmp_path, one), answered(tmp_path, half), model="cnn")
    other = row_of(answered(tmp_path, half), answered(tmp_path, none), answered(tmp_path, none), model="net")
    (found,) = compare([best, other], ACCURACY)
    assert (found.test, found.images) == ("paired bootstrap", 40)
    assert found.difference == pytest.approx(3 / 4 - 1 / 6)


def test_p_values_are_corrected_for_all_that_were_tested(tmp_path):
    first, second = nine_to_one()
    runs = [answered(tmp_path, right) for right in (first, second, second, second)]
    found = compare([*map(row_of, runs), row_of(answered(tmp_path, second, kept=False))], ACCURACY)
    assert [c.p for c in found] == [pytest.approx(3 * 22 / 1024)] * 3 + [None]


def test_each_reason_for_no_test_is_named(tmp_path, caplog):
    right = np.ones(20, dtype=bool)
    best = row_of(answered(tmp_path, right), loss="best")
    broken = answered(tmp_path, right)
    (broken.folder / "predictions.parquet").write_bytes(b"PAR1 no")
    gone = answered(tmp_path, right)
    (gone.folder / "predictions.parquet").unlink()
    file = (lacking := answered(tmp_path, right)).folder / "predictions.parquet"
    pq.write_table(pq.read_table(file).drop_columns(["predicted"]), file)
    rows = [
        row_of(answered(tmp_path, right, fold=1), loss="another fold"),
        row_of(answered(tmp_path, right, [f"x{k}" for k in range(20)]), loss="other images"),
        row_of(answered(tmp_path, right, true=np.arange(20) < 3), loss="other labels"),
        row_of(answered(tmp_path, right, true=np.arange(20) < 1), loss="another label"),
        row_of(answered(tmp_path, right, kept=False), loss="not kept"),
        row_of(broken, loss="broken"),
        row_of(gone, loss="gone"),
        row_of(lacking, loss="lacking"),
    ]
    nothing = Row({"loss": "lost"}, (), (), (), Score(None, None, 0, None))
    with caplog.at_level(logging.WARNING):
        found = compare([best, *rows, nothing], ACCURACY)
    assert [c.other for c in found] == list(range(1, 9))
    assert [c.reason for c in found] == [
        "they share no fold and seed",
        "they tested different images",
        "3 images have another true class there",
        "1 image has another true class there",
        *["1 run kept no predictions"] * 4,
    ]
    assert {(c.test, c.difference, c.p, c.images, c.supported) for c in found} == {("", None, None, 0, False)}
    first, second = (record.message for record in caplog.records)
    assert str(broken.folder) in first
    assert "lacks the column predicted" in second


def test_runs_without_predictions_leave_the_others_to_be_tested(tmp_path):
    first, second = nine_to_one()
    best = row_of(answered(tmp_path, first), answered(tmp_path, first, seed=1), loss="l1")
    other = row_of(answered(tmp_path, second), answered(tmp_path, second, seed=1, kept=False), loss="l2")
    (found,) = compare([best, other], ACCURACY)
    assert found.p == pytest.approx(22 / 1024)
    assert found.lacking == 1


def test_other_metrics_are_not_tested(tmp_path):
    rows = [row_of(answered(tmp_path, np.ones(5, dtype=bool)), loss=name) for name in ("l1", "l2")]
    (found,) = compare(rows, "test/macro_f1")
    assert (found.p, found.reason) == (None, "the paired tests on images are of accuracy, not of macro-F1")


def test_one_row_or_none_with_a_score_has_nothing_to_compare(tmp_path):
    nothing = Row({}, (), (), (), Score(None, None, 0, None))
    assert compare([], ACCURACY) == compare([nothing, nothing], ACCURACY) == ()
    assert compare([row_of(answered(tmp_path, np.ones(5, dtype=bool)))], ACCURACY) == ()


def test_an_ensemble_is_paired_with_every_seed_of_its_fold(tmp_path):
    first, second = nine_to_one()
    made = replace(run(accuracy=0.9, fold=0), predictions=predictions(first))
    alone = row_of(answered(tmp_path, second, seed=7), loss="l1")
    seeds = row_of(*(answered(tmp_path, second, seed=seed) for seed in (3, 4)), loss="l2")
    elsewhere = row_of(answered(tmp_path, second, fold=1), loss="l3")
    found = compare([row_of(made, ensemble=True, loss="ensemble"), alone, seeds, elsewhere], ACCURACY)
    assert [c.test for c in found] == ["McNemar", "paired bootstrap", ""]
    assert [c.difference for c in found[:2]] == [pytest.approx(0.08)] * 2
    assert found[0].p == pytest.approx(22 / 1024)  # the larger of the two, which Holm leaves as it is
    assert found[2].reason == "they share no fold"


def test_each_file_is_read_once(tmp_path, monkeypatch):
    read = []
    monkeypatch.setattr(
        paired_predictions, "_columns", lambda path, real=paired_predictions._columns: read.append(path) or real(path)
    )
    right = np.ones(10, dtype=bool)
    rows = [row_of(*(answered(tmp_path, right, seed=s) for s in (0, 1)), number=str(k)) for k in range(5)]
    assert len(compare(rows, ACCURACY)) == 4
    assert len(read) == len(set(read)) == 10
