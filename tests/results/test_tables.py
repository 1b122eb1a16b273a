from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest

from fer_lightning.results.result import Result
from fer_lightning.results.tables import closing_table, write_confusion_csv


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def run(**changes) -> Result:
    given = {
        "config_hash": "0",
        "choices": {"data": "fer2013", "model": "vgg", "loss": "cross_entropy"},
        "overrides": [],
        "config": {},
        "seed": 0,
        "protocol": "official",
        "class_names": ["happy", "sad", "disgust"],
        "metrics": {"test/accuracy": 0.68, "test/macro_f1": 0.5, "test/balanced_accuracy": 0.7333, "test/ece": None},
        "confusion_matrix": [[8, 2, 0], [30, 60, 0], [0, 0, 0]],
        "timing": {
            "fit_seconds": 3725.0,
            "fit_images_per_second": 1203.4,
            "test_seconds": 2.25,
            "test_images_per_second": 44.0,
        },
        "world_size": 1,
        "resumed_from_epoch": None,
        "paper": {"title": "A paper", "table": "Table 3", "metric": "test/accuracy", "value": 0.7328},
        "files": {},
        "versions": {},
        "started": "",
        "finished": "",
    }
    return Result(**(given | changes))


def printed(result: Result, folder: Path, stream: io.StringIO | None = None) -> str:
    stream = io.StringIO() if stream is None else stream
    closing_table(result, folder, stream)
    return stream.getvalue()


def rows(text: str) -> dict[str, list[str]]:
    split = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    return {cells[0]: cells[1:] for cells in split}


def test_piped_table_says_everything_once(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "best.ckpt").touch()
    (tmp_path / "confusion_matrix.png").touch()
    text = printed(run(), tmp_path)
    assert text.splitlines()[0] == "fer2013 (official), model vgg, loss cross_entropy, seed 0"
    table = rows(text)
    # Wilson, 68 of 100 and 8 of 10
    assert table["accuracy"] == ["68.00 %", "58.34 - 76.33 %", "100"]
    assert table["recall happy"] == ["80.00 %", "49.02 - 94.33 %", "10"]
    assert table["recall disgust"] == ["-", "0"]
    assert table["macro-F1"] == ["50.00 %"]
    assert table["balanced accuracy"] == ["73.33 %"]
    assert table["calibration error"] == ["-"]
    assert table["paper"] == ["A paper, Table 3"]
    assert table["paper accuracy"] == ["73.28 %"]
    assert table["this run minus paper"] == ["-5.28 points"]
    assert table["fit time"] == ["1 h 02 min (1,203 images/s)"]
    assert table["test time"] == ["2.2 s (44 images/s)"]
    assert table["checkpoint"] == [str(tmp_path / "checkpoints" / "best.ckpt")]
    assert table["confusion matrix"] == [str(tmp_path / "confusion_matrix.png")]
    assert table["result"] == [str(tmp_path / "result.json")]
    assert sum(line.split()[0] == "accuracy" for line in text.splitlines()) == 1


def test_what_did_not_happen_has_no_row(tmp_path):
    timing = {"fit_seconds": None, "fit_images_per_second": None, "test_seconds": 1.0, "test_images_per_second": None}
    table = rows(printed(run(paper=None, timing=timing, choices={}), tmp_path))
    assert not {"paper accuracy", "this run minus paper", "fit time", "checkpoint", "confusion matrix"} & set(table)
    assert table["test time"] == ["1.0 s"]


def test_a_paper_may_report_another_metric_even_one_undefined_here(tmp_path):
    table = rows(printed(run(paper={"metric": "test/balanced_accuracy", "value": 0.7}), tmp_path))
    assert table["paper balanced accuracy"] == ["70.00 %"]
    assert table["this run minus paper"] == ["+3.33 points"]
    table = rows(printed(run(paper={"metric": "test/ece", "value": 0.1}), tmp_path))
    assert table["this run minus paper"] == ["-"]


@pytest.mark.parametrize("columns", ["1", "40", "80"])
def test_piped_paths_stay_whole_whatever_the_width(tmp_path, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("FORCE_COLOR", "1")
    folder = tmp_path / ("a folder [bold] " + "long" * 50)
    text = printed(run(), folder)
    assert str(folder / "result.json") in text.splitlines()[-1]
    assert "\x1b" not in text
    assert text.isascii()


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_narrow_encodings_get_ascii(tmp_path, encoding):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    closing_table(run(class_names=["fröhlich", "悲しい", "x"]), tmp_path, stream)
    assert raw.getvalue().isascii()
    assert rb"fr\xf6hlich" in raw.getvalue()


def test_utf8_keeps_names_and_survives_undecodable_paths(tmp_path):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8")
    closing_table(run(class_names=["fröhlich", "悲しい", "x"]), tmp_path / "bad\udcff", stream)
    assert "recall 悲しい" in raw.getvalue().decode()


def test_terminal_table_fits_80_columns_but_never_cuts_a_path(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    folder = tmp_path / ("[red]" + "long" * 40)
    coloured = printed(run(class_names=["happy", "[bold]sad", "x" * 120]), folder, Terminal())
    assert "\x1b[" in coloured
    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert str(folder / "result.json") in plain
    assert "[bold]sad" in plain
    assert all(len(line) <= 80 for line in plain.splitlines() if "result.json" not in line)
    assert rows(plain)["accuracy"] == ["68.00 %", "58.34 - 76.33 %", "100"]


def test_stdout_is_the_default(tmp_path, capsys):
    closing_table(run(), tmp_path)
    captured = capsys.readouterr()
    assert "accuracy" in captured.out
    assert captured.err == ""


def test_confusion_csv_reads_back(tmp_path):
    names = ["happy, very", 'a "quoted" one', "sad\nlines", "悲しい"]
    counts = np.arange(16).reshape(4, 4)
    write_confusion_csv(counts, names, tmp_path / "c.csv")
    with (tmp_path / "c.csv").open(encoding="utf-8", newline="") as stream:
        header, *body = csv.reader(stream)
    assert header == ["true\\predicted", *names]
    assert [row[0] for row in body] == names
    assert np.array_equal([[int(cell) for cell in row[1:]] for row in body], counts)


def test_confusion_csv_to_the_byte(tmp_path):
    write_confusion_csv([[3, 1], [0, 4]], ["happy", "sad"], tmp_path / "c.csv")
    assert (tmp_path / "c.csv").read_bytes() == b"true\\predicted,happy,sad\nhappy,3,1\nsad,0,4\n"


def test_further_accuracies_come_after_the_usual_ones_with_their_intervals(tmp_path):
    further = {"test/accuracy_no_exact_copies": 0.5, "test/accuracy_ferplus": 0.625}
    result = run(metrics={"test/accuracy": 0.68, **further}, intervals={"test/accuracy_no_exact_copies": [0.15, 0.85]})
    table = rows(printed(result, tmp_path))
    assert table["accuracy without exact copies"] == ["50.00 %", "15.00 - 85.00 %"]
    assert table["accuracy against FER+"] == ["62.50 %"]
    assert "accuracy without near copies" not in table
    assert list(table).index("calibration error") < list(table).index("accuracy without exact copies")


def test_without_further_accuracies_there_are_no_rows_of_them(tmp_path):
    assert not [name for name in rows(printed(run(), tmp_path)) if "copies" in name or "FER+" in name]
