"""No control character of a name reaches a terminal, a log, a table or a report."""

from __future__ import annotations

import io
import logging
from logging.config import DictConfigurator

import pytest
import yaml
from made_results import make_result, make_sweep
from support import call

from fer_lightning.commands import train
from fer_lightning.control_characters import without_controls, without_controls_in_lines
from fer_lightning.errors import FerError
from fer_lightning.results.report.build import make_report
from fer_lightning.results.report.terminal import print_report
from fer_lightning.results.result import read
from fer_lightning.results.tables import closing_table
from fer_lightning.run.config.compose import conf_dir
from fer_lightning.run.report import WRITERS

# retitles a terminal, rings, clears it, colours by an 8-bit sequence, turns the order of reading, writes over the line
HOSTILE = "a\x1b]0;title\x07\x1b[2Jb\x9b31mc\u202ed\r\te"
LEFT = "a]0;title[2Jb31mcd  e"
CONTROLS = ("\x1b", "\x07", "\x9b", "\u202e", "\r")


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_controls_go_and_breaks_become_blanks():
    assert without_controls(HOSTILE) == LEFT
    assert without_controls("a\x00\x7f\nb\u2028c") == "a b c"
    assert without_controls("caf\udce9.png") == "caf\N{REPLACEMENT CHARACTER}.png"
    assert without_controls_in_lines(f"{HOSTILE}\n\n{HOSTILE}") == f"{LEFT}\n\n{LEFT}"


@pytest.mark.parametrize("kept", ["Zoë", "悲しい", "कपिल", "سعيد", "a\u200db", "a\N{NO-BREAK SPACE}b", "👩‍🔬", r"\n"])
def test_text_of_any_script_stays(kept):
    assert without_controls(kept) == kept


def test_a_mistake_says_nothing_in_controls():
    assert str(FerError(f"ckpt: {HOSTILE}\nnext")) == f"ckpt: {LEFT}\nnext"


def test_nor_does_the_log_of_a_command():
    logs = yaml.safe_load((conf_dir() / "hydra" / "default.yaml").read_text())["job_logging"]
    record = logging.LogRecord("a", logging.WARNING, "", 0, "left out: %s\nand more", (HOSTILE,), None)
    for formatter in logs["formatters"].values():
        text = DictConfigurator({}).configure_formatter(dict(formatter)).format(record)
        assert text.endswith(f"left out: {LEFT}\nand more")


def test_nor_does_what_a_command_says_of_what_was_typed(capsys):
    assert call(train.main, f"data={HOSTILE}") == 1
    told = capsys.readouterr().err
    assert "error: data=" in told
    assert not any(control in told for control in CONTROLS)


@pytest.fixture
def hostile(tmp_path):
    """Two runs and a sweep of which one job failed, named by controls."""
    named = {"class_names": [HOSTILE, "sad"], "overrides": [f"+loss.name={HOSTILE}"], "protocol": HOSTILE}
    for number in range(2):
        choices = {"loss": f"{HOSTILE}{number}", "model": HOSTILE}
        make_result(tmp_path / f"{number}{HOSTILE}", choices=choices, **named)
    failed = {
        "state": "failed",
        "error": f"{HOSTILE}\nexit code 1",
        "command": HOSTILE,
        "overrides": [f"loss={HOSTILE}"],
    }
    make_sweep(tmp_path / "sweep", {f"{HOSTILE}": {**failed, "folder": "0"}}, sweep_name=HOSTILE)
    for file in tmp_path.glob("*/result.json"):
        file.write_text(file.read_text().replace("0;title", r"0;title\udce9"))  # a lone surrogate, escaped
    return tmp_path


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_nor_does_a_table_of_one_run_or_of_many(hostile, stream):
    shown = stream()
    for folder in hostile.glob("*e"):
        closing_table(read(folder), folder, shown)
    print_report(make_report([hostile], title=HOSTILE), [hostile / f"{HOSTILE}.html"], shown)
    text = shown.getvalue()
    left = LEFT.replace("title", "title\N{REPLACEMENT CHARACTER}")
    assert text.count(left) > 4
    ours = ("\x1b[1m", "\x1b[0m", "\x1b[2m", "\x1b[1;32m")  # bold, plain, dim, bold green
    for known in ours:
        text = text.replace(known, "")
    assert not any(control in text for control in CONTROLS)


def test_nor_does_a_file_of_a_report(hostile, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    made = make_report([hostile], title=HOSTILE)
    for name, write in WRITERS.items():
        write(made, folder / name)
    for file in folder.iterdir():
        text = file.read_bytes().decode()  # a lone surrogate would be no UTF-8
        assert not any(control in text for control in CONTROLS), file
        assert "a]0;title" in text or file.suffix == ".tex", file
