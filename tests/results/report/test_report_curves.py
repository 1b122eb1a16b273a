"""Curves of a report: which metric, over epochs or iterations, and where each row has converged."""

from __future__ import annotations

import csv
import logging

import pytest
from legible import assert_legible, words
from made_results import make_result
from reports import Page, compact, report, row, run, table_texts

from fer_lightning.errors import FerError
from fer_lightning.results.figures.curve_bundles import Bundle, History, curve_bundles, mean
from fer_lightning.results.report.build import make_report
from fer_lightning.results.report.learning_curves import curves_of, first_within_a_point, history, logged
from fer_lightning.results.report.page import write_page
from tools.doc_tables import curves_table

FIGURES = ("train/accuracy", "train/loss", "val/accuracy", "test/accuracy")


def leave_metrics(folder, train, an_epoch=10, more=()):
    """As Lightning does: steps counted from 0, validation in a row of its own, a test after the last epoch."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "metrics.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["epoch", "step", *FIGURES, "val/recall/sad"])
        writer.writeheader()
        for epoch, accuracy in enumerate(train):
            place = {"epoch": epoch, "step": an_epoch * (epoch + 1) - 1}
            writer.writerow({**place, "val/accuracy": accuracy - 0.1, "val/recall/sad": 0.5})
            writer.writerow({**place, "train/accuracy": accuracy, "train/loss": 2 - accuracy})
        last = {"epoch": len(train), "step": an_epoch * len(train)}
        writer.writerow({**last, "val/accuracy": 0.9})
        writer.writerow({**last, "test/accuracy": 0.8})
    return {"metrics": "metrics.csv"}


def leave(folder, train, an_epoch=10, **fields):
    return make_result(folder, files=leave_metrics(folder, train, an_epoch), **fields)


@pytest.fixture
def nets(tmp_path):
    """Ours converges after 30 iterations, the other one after 40: 79.2 and 70.0 are within a point of the highest."""
    leave(tmp_path / "nets" / "ours", [0.5, 0.7, 0.792, 0.802, 0.8], choices={"model": "edge_cnn"}, accuracy=0.6)
    leave(tmp_path / "nets" / "other", [0.3, 0.5, 0.689, 0.70, 0.695], choices={"model": "rcnn"}, accuracy=0.5)
    return tmp_path / "nets"


def test_iterations_are_the_recorded_steps_counted_from_one(tmp_path):
    files = leave_metrics(tmp_path, [0.3, 0.4], an_epoch=7)
    found = history(run(tmp_path, files=files), "train/accuracy", "iterations")
    assert found == History([1, 2], [0.3, 0.4], [7, 14])
    assert found.at("epochs") == [1, 2]
    assert found.at("iterations") == [7, 14]


def test_without_steps_a_run_is_left_out_over_iterations_alone_and_named(tmp_path, caplog):
    (tmp_path / "metrics.csv").write_text("epoch,train/accuracy\n0,0.5\n")
    made = run(tmp_path, files={"metrics": "metrics.csv"})
    assert history(made, "train/accuracy") == History([1], [0.5])
    with caplog.at_level(logging.WARNING):
        assert history(made, "train/accuracy", "iterations") is None
    assert f"{tmp_path / 'metrics.csv'} has no column step" in caplog.text


def test_the_mean_of_folds_of_different_sizes_stands_at_the_mean_of_their_iterations():
    one, two = History([1, 2, 3], [0.25, 0.5, 1.0], [10, 20, 30]), History([2, 3], [0.0, 0.5], [24, 36])
    assert mean([one, two]) == History([2, 3], [0.25, 0.75], [22, 33])
    assert mean([one, History([1], [0.75])]) == History([1], [0.5])


def test_a_curve_over_iterations_stands_at_them_and_says_so():
    curves = [History([1, 2], [0.2, 0.4], [500, 1000]), History([1, 2], [0.4, 0.6], [600, 1200])]
    figure = curve_bundles([Bundle("ours", curves)], "train/accuracy", over="iterations")
    assert_legible(figure)
    said = words(figure)
    assert "iteration" in said
    assert "epoch" not in said
    assert "train accuracy (%) over iterations;" in " ".join(said)
    assert [list(line.get_xdata()) for line in figure.axes[0].lines] == [[500, 1000], [600, 1200], [550, 1100]]
    assert figure.axes[0].get_xlim() == (500, 1200)


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ([0.5, 0.79, 0.8], 2),  # one point below is near enough
        ([0.5, 0.7899, 0.8], 3),
        ([0.8, 0.2, 0.5], 1),
        ([0.3], 1),
    ],
)
def test_a_curve_has_converged_where_it_first_is_within_a_point_of_its_highest(values, place):
    curve = History(range(1, len(values) + 1), values, [100 * (k + 1) for k in range(len(values))])
    assert first_within_a_point(curve, "epochs") == place
    assert first_within_a_point(curve, "iterations") == 100 * place


def test_the_training_over_iterations_with_where_each_row_converges(nets):
    curves = curves_of(make_report([nets], curve="train/accuracy", over="iterations"))
    assert compact("\n".join(curves_table(curves))).split("\n") == [
        "**Train accuracy over the iterations, %**",
        "",
        "| row | reached at iteration | highest, % |",
        "| --- | ---: | ---: |",
        "| model=edge_cnn | 30 | 80.2 |",
        "| model=rcnn | 40 | 70.0 |",
        "",
        "Reached: where the curve first comes within one point of its highest value (our definition). "
        "An iteration is a step of the optimizer.",
    ]
    assert curves.ends() == "model=edge_cnn: 80.0; model=rcnn: 69.5"


def test_without_a_wish_it_is_the_validation_over_epochs(nets):
    curves = curves_of(make_report([nets]))
    assert (curves.metric, curves.over, curves.title) == ("val/accuracy", "epochs", "val accuracy over the epochs")
    # not the 90 % of the chosen weights after the last epoch
    assert table_texts(curves.convergence())[1:] == [["model=edge_cnn", "3", "70.2"], ["model=rcnn", "4", "60.0"]]


def test_of_several_runs_their_mean_converges(tmp_path):
    for seed, train in enumerate(([0.5, 0.8, 0.8], [0.5, 0.6, 0.8])):
        leave(tmp_path / str(seed), train, seed=seed)
    curves = curves_of(make_report([tmp_path], curve="train/accuracy"))
    assert table_texts(curves.convergence())[1:] == [["all runs", "3", "80.0"]]
    assert curves.notes()[0].startswith("Reached: where the curve, of several runs their mean, first comes")


def test_a_loss_has_a_curve_and_no_point_of_percent(nets):
    curves = curves_of(make_report([nets], curve="train/loss"))
    assert curves.convergence().empty
    assert curves.notes() == []
    assert curves_table(curves) == ["**Train loss over the epochs**"]
    assert curves.bundles[0].curves[0].values == pytest.approx([1.5, 1.3, 1.208, 1.198, 1.2])


def test_the_test_and_recalls_known_to_no_curve(nets, tmp_path):
    made = run(nets / "ours", files={"metrics": "metrics.csv"})
    assert logged(made) == ["train/accuracy", "train/loss", "val/accuracy", "val/recall/sad"]
    assert logged(run(tmp_path)) == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"curve": "train/acuracy"},
            "curve=train/acuracy: no run logged it; choose .*did you mean train/accuracy",
        ),
        ({"curve": "test/accuracy"}, r"no run logged it \(the test is read once, after training\)"),
        ({"over": "steps"}, "over=steps: choose among epochs, iterations"),
    ],
)
def test_a_curve_that_no_run_has_is_told_with_the_choices(nets, asked, message):
    with pytest.raises(FerError, match=message):
        make_report([nets], **asked)


def test_runs_without_figures_of_their_epochs_have_no_curve_to_choose(tmp_path):
    make_result(tmp_path / "a")
    with pytest.raises(FerError, match=r"curve=train/accuracy: no run here kept its metrics.csv; logger=csv"):
        make_report([tmp_path], curve="train/accuracy")
    assert curves_of(make_report([tmp_path])) is None


def test_the_page_shows_the_curve_and_where_it_converges(nets, tmp_path):
    write_page(make_report([nets], curve="train/accuracy", over="iterations"), tmp_path / "r.html")
    page = Page((tmp_path / "r.html").read_text())
    assert any(image["alt"].startswith("train accuracy over the iterations. At the end: ") for image in page.all("img"))
    assert "row reached at iteration highest, % model=edge_cnn 30 80.2 model=rcnn 40 70.0 Reached: " in page.text


def test_a_page_without_curves_has_no_table_of_them(tmp_path):
    write_page(report(row(), row(mean=0.6, loss="l2")), tmp_path / "r.html")
    assert "reached" not in Page((tmp_path / "r.html").read_text()).text
