"""What a report averages when nobody says it, and how figures of enlarged images are published."""

from __future__ import annotations

import pytest

from fer_lightning.results.metric_names import axis, format_value, label, points, unit
from fer_lightning.results.report.build import make_report
from tools.doc_tables import report_tables

EDSR = {"choices": {"model": "edsr"}, "confusion_matrix": [], "predictions": None}


def enlarged(make_result, folder, psnr, **fields):
    metrics = {"test/accuracy": None, "test/psnr": psnr, "test/ssim": 0.9, "test/psnr_bicubic": 25.5}
    return make_result(folder, metrics=metrics, **EDSR, **fields)


@pytest.mark.parametrize(
    ("papers", "metric"),
    [
        (["test/psnr", "test/psnr"], "test/psnr"),
        (["test/psnr", "test/accuracy"], "test/accuracy"),
        (["test/psnr", None], "test/accuracy"),
        ([None, None], "test/accuracy"),
    ],
)
def test_it_is_the_papers_where_every_run_names_the_same(tmp_path, make_result, papers, metric):
    for number, named in enumerate(papers):
        paper = named and {"title": "B", "metric": named}
        folder = tmp_path / str(number)
        make_result(folder, choices={"loss": f"l{number}"}, metrics={"test/psnr": 28.0}, paper=paper)
    assert make_report([tmp_path]).metric == metric
    assert make_report([tmp_path], metric="val/accuracy").metric == "val/accuracy"


def test_enlarged_images_are_published_in_decibels_beside_interpolation(tmp_path, make_result):
    paper = {"title": "B", "table": "2.2", "row": "EDSR", "column": "L1", "metric": "test/psnr"}
    for seed, psnr in enumerate((28.0, 28.5)):
        enlarged(make_result, tmp_path / str(seed), psnr, seed=seed, paper=paper)
    text = "\n".join(report_tables(make_report([tmp_path])))
    assert "PSNR, dB" in text
    assert "28.25 ± 0.35 (2)" in text  # the deviation of two numbers is their distance over the root of 2
    assert "25.50 ± 0.00 (2)" in text
    assert "0.900 ± 0.000 (2)" in text
    assert "macro-F1" not in text


def test_decibels_have_their_unit_and_two_digits():
    assert (unit("test/psnr"), points("val/psnr"), label("test/psnr_bicubic")) == (", dB", ", dB", "PSNR of bicubic")
    assert format_value(28.456, "test/psnr") == "28.46"
    assert (axis("test/psnr"), axis("test/accuracy"), axis("test/loss")) == ("PSNR (dB)", "accuracy (%)", "test loss")
    assert (unit("test/ssim"), points("test/accuracy"), points("test/loss")) == ("", ", points", "")
