from __future__ import annotations

import logging
from base64 import b64decode
from io import BytesIO

import numpy as np
import pytest
from legible import assert_legible, words
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image
from reports import report, row, run, write_metrics

from fer_lightning.results.figures.curve_bundles import Bundle, History, curve_bundles
from fer_lightning.results.figures.score_dots import score_dots
from fer_lightning.results.report import figures
from fer_lightning.results.report.figures import picture, score_of
from fer_lightning.results.report.learning_curves import curves_of, history
from fer_lightning.results.style import TRAIN, VAL

LONG = "a loss of an uncommonly long name, whose author did not know when to stop writing words"


def draw_scores(rows, metric, **further):
    return score_dots([score_of(row, metric) for row in rows], metric, **further)


def dots(figure, marker, colour):
    lines = [
        line for line in figure.axes[0].lines if line.get_marker() == marker and to_hex(line.get_color()) == colour
    ]
    return [line.get_xdata()[0] for line in lines]


def spans(figure):
    return [tuple(line.get_xdata()) for line in figure.axes[0].lines if len(line.get_xdata()) == 2]


@pytest.mark.parametrize(
    "rows",
    [
        [row(0.7)],
        [row(0.5, interval=None, n=1), row(0.5, interval=None, n=1)],
        [row(0.9 - k / 30, loss=f"l{k}", reported=0.8) for k in range(24)],
        [row(0.7, loss=LONG), row(0.6, loss="a" * 200)],
        [row(1.0, interval=(0.99, 1.0)), row(0.0, interval=(0.0, 0.01))],
        [row(0.7, interval=(-3.0, 4.4)), row(0.71)],
    ],
)
def test_every_row_is_a_dot_beside_its_name_and_value(rows):
    figure = draw_scores(rows, "test/accuracy", best=0, subtitle=LONG)
    assert_legible(figure)
    assert dots(figure, "o", VAL) == pytest.approx([100 * one.score.mean for one in rows])
    assert f"{100 * rows[0].score.mean:.1f}" in " ".join(words(figure))


def test_an_interval_ends_where_it_says_and_the_paper_is_marked():
    runs = [run(accuracy=a) for a in (0.69, 0.71)]
    figure = draw_scores([row(0.70, runs=runs, interval=(0.66, 0.74), reported=0.72)], "test/accuracy")
    assert spans(figure) == [pytest.approx((66, 74))]
    assert dots(figure, "^", TRAIN) == pytest.approx([72])
    strokes = [sorted(float(segment[0][0]) for segment in c.get_segments()) for c in figure.axes[0].collections]
    assert strokes[-1] == pytest.approx([69, 71])


def test_an_interval_that_would_squeeze_the_scores_is_cut_off_and_says_so():
    rows = [row(0.70, interval=(0.1, 1.3)), row(0.72, interval=(0.71, 0.73))]
    figure = draw_scores(rows, "test/accuracy")
    low, high = figure.axes[0].get_xlim()
    assert 60 < low < 70 < 72 < high < 80
    assert dots(figure, "<", VAL) == [low]
    assert dots(figure, ">", VAL) == [high]


def test_a_loss_is_drawn_in_its_own_unit():
    figure = draw_scores([row(1.25, interval=(1.2, 1.3))], "test/loss")
    assert dots(figure, "o", VAL) == [1.25]
    assert "test loss" in words(figure)


def test_a_row_without_a_mean_is_refused():
    for rows in ([], [row(None)]):
        with pytest.raises(ValueError, match="at least one"):
            draw_scores(rows, "test/accuracy")


@pytest.mark.parametrize("count", [1, 3, 8])
def test_curves_are_thin_runs_and_the_thick_mean_where_every_run_has_it(count):
    one, two = History([1, 2, 3], [0.2, 0.4, 0.6]), History([1, 2], [0.4, 0.6])
    figure = curve_bundles([Bundle(f"{LONG} {k}", [one, two]) for k in range(count)], "val/accuracy", LONG)
    assert_legible(figure)
    lines = figure.axes[0].lines
    assert len(lines) == 3 * count
    thick = [line for line in lines if line.get_linewidth() > 1]
    assert len({(line.get_color(), str(line.get_linestyle())) for line in thick}) == count
    assert thick[0].get_xdata() == pytest.approx([1, 2])
    assert thick[0].get_ydata() == pytest.approx([30, 50])


def test_a_run_of_one_epoch_is_a_point():
    figure = curve_bundles([Bundle("short", [History([1], [0.3])])], "val/accuracy")
    assert_legible(figure)
    assert [line.get_marker() for line in figure.axes[0].lines] == ["o"]


def test_runs_that_share_no_epoch_have_no_mean():
    figure = curve_bundles([Bundle("apart", [History([1], [0.3]), History([2, 3], [0.4, 0.5])])], "val/accuracy")
    assert [len(line.get_xdata()) for line in figure.axes[0].lines] == [1, 2, 0]


def test_no_curve_and_too_many_rows_are_refused():
    for bundles in ([], [Bundle("empty", [])], [Bundle("a", [History([1], [0.3])])] * 9):
        with pytest.raises(ValueError, match="1 to 8"):
            curve_bundles(bundles, "val/accuracy")


def test_a_history_is_the_validation_of_the_epochs_and_not_of_the_chosen_weights_after_them(tmp_path):
    write_metrics(tmp_path / "metrics.csv", [0.5, 0.7, 0.6], final=0.7)
    found = history(run(tmp_path, files={"metrics": "metrics.csv"}), "val/accuracy")
    assert found == History([1, 2, 3], [0.5, 0.7, 0.6], [1, 2, 3])


def test_a_history_skips_what_is_not_finite_and_takes_the_later_of_an_epoch_twice(tmp_path):
    text = "epoch,train/loss,val/accuracy\n0,,0.5\n0,1,\n1,,nan\n1,1,\n1,,0.6\n2,,\n2,1,\n"
    (tmp_path / "metrics.csv").write_text(text)
    found = history(run(tmp_path, files={"metrics": "metrics.csv"}), "val/accuracy")
    assert found == History([1, 2], [0.5, 0.6])


def test_a_run_without_a_history_has_none_and_a_broken_one_is_named(tmp_path, caplog):
    made = run(tmp_path, files={"metrics": "metrics.csv"})
    assert history(run(tmp_path), "val/accuracy") is None
    assert history(made, "val/accuracy") is None
    write_metrics(tmp_path / "metrics.csv", [0.5])
    assert history(made, "val/macro_f1") is None
    assert not caplog.records
    for broken in (b"epoch,train/loss,val/accuracy\n0,1,much\n", b"epoch,\xff\n"):
        (tmp_path / "metrics.csv").write_bytes(broken)
        with caplog.at_level(logging.WARNING):
            assert history(made, "val/accuracy") is None
        assert str(tmp_path / "metrics.csv") in caplog.text
        caplog.clear()


def test_curves_follow_the_metric_of_the_report_where_validation_has_it(tmp_path):
    write_metrics(tmp_path / "metrics.csv", [0.5, 0.61], metric="val/macro_f1")
    made = row(runs=[run(tmp_path, files={"metrics": "metrics.csv"})])
    assert (
        "val macro-F1 over the epochs. At the end: loss=l1: 61.0"
        in figures.curve_picture(curves_of(report(made, metric="test/macro_f1"))).alt
    )
    assert figures.curve_picture(curves_of(report(made))) is None
    write_metrics(tmp_path / "metrics.csv", [0.5, 0.62])
    assert "val accuracy" in figures.curve_picture(curves_of(report(made, metric="test/accuracy_ferplus"))).alt


def test_figures_of_many_rows_show_the_first_and_say_so(tmp_path, monkeypatch):
    write_metrics(tmp_path / "metrics.csv", [0.5, 0.6])
    shown = []
    monkeypatch.setattr(figures, "picture", lambda figure, alt: shown.append((words(figure), alt)))
    kept = {"metrics": "metrics.csv"}
    rows = [
        row(0.9 - k / 100, loss=f"l{k:02}", runs=[run(tmp_path, files=kept, seed=s) for s in range(30)])
        for k in range(30)
    ]
    figures.score_picture(report(*rows))
    figures.curve_picture(curves_of(report(*rows)))
    (scores, said), (curves, _) = shown
    assert "the first 24 of 30 rows" in scores
    assert ("loss=l23" in said, "loss=l24" in said) == (True, False)
    assert "8 of 30 rows, of each row at most 24 runs" in " ".join(curves)
    assert ("loss=l07" in curves, "loss=l08" in curves) == (True, False)


def test_a_picture_keeps_the_colour_of_a_small_mark_and_two_dots_a_pixel():
    figure = Figure(figsize=(3, 2))
    figure.text(0.1, 0.8, "words in the usual ink, with soft edges")
    figure.add_axes((0.5, 0.5, 0.02, 0.03), facecolor="#b25f08").axis("on")
    made, again = picture(figure, "words"), picture(figure, "words")
    assert (made.width, made.height, made.alt) == (288, 192, "words")
    assert made == again
    head, _, body = made.source.partition(",")
    assert head == "data:image/png;base64"
    pixels = np.asarray(Image.open(BytesIO(b64decode(body))).convert("RGB"))
    assert pixels.shape == (384, 576, 3)
    nearest = np.abs(pixels.astype(int) - [0xB2, 0x5F, 0x08]).sum(axis=2).min()
    assert nearest < 12
