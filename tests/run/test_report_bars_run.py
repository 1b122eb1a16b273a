"""fer-report writes bars.png beside its page where there are bars, and leaves no old one."""

from __future__ import annotations

import pytest
from made_results import make_result

from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import compose, make_job
from fer_lightning.run.config.report_paths import collect_paths
from fer_lightning.run.report import list_report_files, report


def job(folder, *overrides):
    return make_job(compose(overrides, "report"), list(overrides), folder)


@pytest.fixture
def results(tmp_path):
    for number, model in enumerate(("cnn", "stn")):
        make_result(tmp_path / "logs" / model, accuracy=0.6 + number / 10, choices={"model": model})
    return tmp_path / "logs"


def test_bars_are_a_file_beside_the_page_and_go_with_the_next_report(results, tmp_path):
    out = tmp_path / "out"
    made = report(job(out, f"results=[{results}]", "bars=[data,model]"))
    assert made.bars == ("data", "model")
    assert [path.name for path in list_report_files(out)][::4] == ["bars.png", "report.html"]
    report(job(out, f"results=[{results}]"))
    assert {path.name for path in out.iterdir()} == {"report.html", "report.md", "report.csv", "report.tex"}
    assert list_report_files(out)[-1].name == "report.html"


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("bars=[data,modle]", "bars=modle: no run knows it"),
        ("bars=data", "bars=data: give two keys"),
        ("bars=[null,model]", r"bars=\[None, 'model'\]: give one text or a list of them, as in bars=\[data,model\]"),
    ],
)
def test_keys_that_make_no_bars_are_told_and_nothing_is_written(results, tmp_path, word, message):
    with pytest.raises(FerError, match=message):
        report(job(tmp_path / "out", f"results=[{results}]", word))
    assert not (tmp_path / "out").exists()


def test_bars_are_a_key_and_no_path():
    assert collect_paths(["logs", "bars=[data,model]"]) == ["bars=[data,model]", "results=['logs']"]
