"""The table of costs says the same as lines, as Markdown and as CSV."""

from __future__ import annotations

import csv
import re
from dataclasses import fields, replace

import pytest
from reports import compact

from tools.cost_table import Cost, Rate, Setting, table, write_csv, write_markdown

SETTING = Setting("A processor", "2.4.0", 2, "32-true", 128, 5)
COSTS = [
    Cost("tiny", "1x8x8", 1_234, 56_789, 49_999, Rate(1200.4, 1100.0, 1250.0), Rate(99.94, 99.0, 100.0)),
    Cost(
        *("a_much_longer_name", "3x224x224", 25_557_032, 4_111_514_624, 11_234_567_890),
        *(Rate(2.25, 2.0, 2.5), Rate(10.0, 9.0, 12.0)),
    ),
]
CELLS = [
    ["model", "input", "parameters", "multiply-adds", "memory", "train images/s", "test images/s"],
    ["tiny", "1x8x8", "1,234", "0.1 M", "0.0 MB", "1,200", "99.9"],
    ["a_much_longer_name", "3x224x224", "25,557,032", "4,111.5 M", "11,234.6 MB", "2.2", "10.0"],
]


def test_lines_are_one_setting_aligned_cells_and_what_they_mean():
    setting, blank, *aligned = table(COSTS, SETTING)[:5]
    assert (setting, blank) == ("A processor, torch 2.4.0, 2 threads, precision 32-true, batch 128", "")
    assert [re.split(r"\s{2,}", line) for line in aligned] == CELLS
    assert len({len(line) for line in aligned}) == 1


def test_one_thread_is_one():
    assert ", 1 thread, " in Setting("A processor", "2.4.0", 1, "32-true", 128, 5).described()


def test_what_was_typed_of_every_model_is_said_in_the_line_and_in_the_file(tmp_path):
    typed = replace(SETTING, overrides=("model.net.batch_norm=true", "optimizer=sgd"))
    assert typed.described().endswith(", batch 128, model.net.batch_norm=true, optimizer=sgd")
    write_csv(COSTS, typed, tmp_path / "cost.csv")
    with (tmp_path / "cost.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["overrides"] for row in csv.DictReader(stream)} == {"model.net.batch_norm=true optimizer=sgd"}


def test_the_widest_spread_of_rounds_is_told_with_its_net_and_stage():
    # 150/1200, 1/99.94, 0.5/2.25, 3/10
    assert "5 rounds" in table(COSTS, SETTING)[-1]
    assert table(COSTS, SETTING)[-1].endswith("30 % apart at most (testing a_much_longer_name).")
    assert table(COSTS[:1], SETTING)[-1].endswith("12 % apart at most (training tiny).")


def test_markdown_has_the_same_cells_and_notes(tmp_path):
    write_markdown(COSTS, SETTING, tmp_path / "cost.md")
    lines = compact((tmp_path / "cost.md").read_text(encoding="utf-8")).splitlines()
    header, rule, *body = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    assert [header, *body] == CELLS
    assert rule == ["---", *["---:"] * 6]
    said = [line.removeprefix("- ") for line in lines]
    assert set(table(COSTS, SETTING)[6:]) < set(said)
    assert f"{SETTING.described()}." in said


def test_csv_reads_back_with_the_setting_in_every_row(tmp_path):
    write_csv(COSTS, SETTING, tmp_path / "cost.csv")
    with (tmp_path / "cost.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["model"] for row in rows] == ["tiny", "a_much_longer_name"]
    assert int(rows[1]["multiply_adds"]) == 4_111_514_624
    assert int(rows[1]["memory"]) == 11_234_567_890
    rates = ["train_images_per_second", "train_images_per_second_slowest", "train_images_per_second_fastest"]
    assert [float(rows[0][name]) for name in rates] == [1200.4, 1100.0, 1250.0]
    for row in rows:
        assert [row[field.name] for field in fields(Setting)] == [
            "A processor",
            "2.4.0",
            "2",
            "32-true",
            "128",
            "5",
            "",
        ]


@pytest.mark.parametrize("write", [write_markdown, write_csv])
def test_a_failure_leaves_the_file_of_before(write, tmp_path, monkeypatch):
    place = tmp_path / "cost"
    write(COSTS, SETTING, place)
    before = place.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("fer_lightning.atomic_write.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(COSTS, replace(SETTING, machine="another"), place)
    assert [file.name for file in tmp_path.iterdir()] == ["cost"]
    assert place.read_bytes() == before
