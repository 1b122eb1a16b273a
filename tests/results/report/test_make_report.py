from __future__ import annotations

import numpy as np
import pytest

from fer_lightning.errors import FerError
from fer_lightning.results.predictions import Predictions
from fer_lightning.results.report.build import make_report

IMAGES = 200


def predictions(right):
    """Of IMAGES images of two classes in turn, the first `right` of them recognised."""
    true = np.arange(IMAGES) % 2
    said = np.where(np.arange(IMAGES) < right, true, 1 - true)
    probabilities = np.where(np.arange(2) == said[:, None], 0.75, 0.25).astype(np.float32)
    return Predictions(np.array([f"image {k}" for k in range(IMAGES)]), true, ("happy", "sad"), probabilities)


def add(make_result, folder, right, **fields):
    happy, sad, each = (right + 1) // 2, right // 2, IMAGES // 2
    matrix = [[happy, each - happy], [each - sad, sad]]
    return make_result(
        folder, accuracy=right / IMAGES, predictions=predictions(right), confusion_matrix=matrix, **fields
    )


def test_the_best_row_is_compared_with_the_other_by_their_predictions(tmp_path, make_result):
    add(make_result, tmp_path / "l1", 180, choices={"loss": "l1"})
    add(make_result, tmp_path / "l2", 150, choices={"loss": "l2"})
    report = make_report([tmp_path])
    assert [row.name for row in report.rows] == ["loss=l1", "loss=l2"]
    (comparison,) = report.comparisons
    assert (comparison.difference, comparison.images) == (pytest.approx(0.15), IMAGES)
    # 30 images that l1 alone got right, none the other way: 2 * 0.5 ** 30
    assert comparison.p == pytest.approx(2 * 0.5**30)
    assert not report.best_is_supported  # of one seed


def test_the_best_row_is_bold_where_images_and_seeds_support_it(tmp_path, make_result):
    for seed, right in enumerate((179, 180, 182)):
        add(make_result, tmp_path / f"l1_{seed}", right, seed=seed, choices={"loss": "l1"})
        add(make_result, tmp_path / f"l2_{seed}", 150, seed=seed, choices={"loss": "l2"})
    report = make_report([tmp_path])
    (comparison,) = report.comparisons
    assert (comparison.test, comparison.runs.pairs) == ("paired bootstrap", 3)
    assert report.best_is_supported


def test_an_ensemble_stands_where_its_score_puts_it(tmp_path, make_result):
    add(make_result, tmp_path / "l1", 180, choices={"loss": "l1"})
    add(make_result, tmp_path / "l2", 150, choices={"loss": "l2"})
    plain, more = make_report([tmp_path]), make_report([tmp_path], ensemble=True)
    assert len(more.rows) == len(plain.rows) + 1 == 3
    assert [row.ensemble for row in plain.rows] == [False, False]
    assert sum(row.ensemble for row in more.rows) == 1
    means = [row.score.mean for row in more.rows]
    assert means == sorted(means, reverse=True)


def test_the_title_is_asked_for_or_names_sweeps_or_paths(tmp_path, make_result, make_sweep):
    sweep = make_sweep(tmp_path / "folder", {"loss=l1": {}}, sweep_name="by_loss")
    make_result(sweep / "loss=l1")
    assert make_report([sweep]).title == "by_loss"
    assert make_report([sweep], title="Mine").title == "Mine"
    make_result(tmp_path / "alone")
    assert make_report([tmp_path / "folder", tmp_path / "alone"]).title == "folder, alone"


def test_notes_of_the_sweep_and_of_the_rows_are_kept(tmp_path, make_result, make_sweep):
    sweep = make_sweep(tmp_path / "s", {"loss=l1": {}}, total=3)
    make_result(sweep / "loss=l1")
    make_result(tmp_path / "jaffe", choices={"data": "jaffe"})
    first, second = make_report([tmp_path]).notes
    assert first.startswith("The sweep s has yet to begin 2")
    assert second.startswith("Tested on different sets")


def test_without_a_result_there_is_no_report(tmp_path, make_sweep):
    with pytest.raises(FerError, match="no path: name what to report on"):
        make_report([])
    (tmp_path / "empty").mkdir()
    with pytest.raises(FerError, match=r"empty: no result\.json here or below"):
        make_report([tmp_path / "empty"])
    make_sweep(tmp_path / "s", {"a=1": {"state": "planned"}, "a=2": {"state": "failed", "error": "NaN\nexit code 1"}})
    with pytest.raises(FerError, match=r"s: no finished run, and 2 jobs without .*; a=2: NaN \(exit code 1\)"):
        make_report([tmp_path / "s"])
