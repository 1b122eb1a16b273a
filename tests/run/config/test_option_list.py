"""`--help` lists every option once, one's own too, on a screen."""

from __future__ import annotations

import re

import pytest
from support import call

from fer_lightning.commands import audit, evaluate, report, train
from fer_lightning.run.config.compose import EVAL, TRAIN, conf_dir, list_options, list_sweeps
from fer_lightning.run.config.option_list import COLUMNS, format_option_list


def listed(text):
    """Group to options, as a reader puts them together."""
    found, group, paper = {}, "", ""
    block = text.partition("Groups and their options")[2].partition("\n\n")[0]
    for line in block.splitlines()[1:]:
        label, rest = line[:15].strip(), line[15:]
        if label.startswith("paper_"):
            paper = label
        elif label:
            group, paper = label, ""
        found.setdefault(group, []).extend(paper + word for word in re.findall(r"\w+", rest))
    return found


@pytest.mark.parametrize("command", [train, evaluate, audit, report])
def test_the_help_of_a_command_fits_a_screen(capfd, command):
    assert call(command.main, "--help") == 0
    lines = capfd.readouterr().out.splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= 120


def test_every_option_of_fer_train_is_listed_once(capfd):
    assert call(train.main, "--help") == 0
    found = listed(capfd.readouterr().out)
    groups = {path.name for path in conf_dir().iterdir() if path.is_dir()} - {"hydra", "local", "paths"}
    assert set(found) == groups
    for group in groups - {"sweep"}:
        assert sorted(found[group]) == list_options(group)
    assert sorted(found["sweep"]) == list_sweeps(TRAIN)
    assert sorted([*found["sweep"], *list_sweeps(EVAL)]) == list_options("sweep")


def test_fer_eval_and_fer_audit_list_the_groups_that_they_take(capfd):
    assert call(evaluate.main, "--help") == 0
    found = listed(capfd.readouterr().out)
    assert sorted(found) == ["data", "pages", "sweep", "trainer"]
    assert found["sweep"] == list_sweeps(EVAL)
    assert call(audit.main, "--help") == 0
    assert listed(capfd.readouterr().out) == {"data": list_options("data")}


def test_options_of_ones_own_are_listed_and_offered(tmp_path, capfd):
    for file, content in {
        "experiment/gentle.yaml": "seed: 1\n",
        "model/wide.yml": "defaults: [cnn]\n",
        "sweep/mine.yaml": "sweep_name: mine\n",
        "sweep/tests.yaml": "command: fer-eval\n",
    }.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(content)
    assert call(train.main, "--config-dir", tmp_path, "--help") == 0
    found = listed(capfd.readouterr().out)
    assert {"gentle", "wide", "mine"} <= {*found["experiment"], *found["model"], *found["sweep"]}
    assert "tests" not in found["sweep"]
    assert call(train.main, "--config-dir", tmp_path, "experiment=gentel") == 1
    assert "did you mean gentle?" in capfd.readouterr().err


def test_a_group_of_many_options_has_a_line_for_each_paper():
    many = ["paper_a_x", "paper_b_x", "paper_b_y", *(f"other{number:02}" for number in range(30))]
    lines = format_option_list({"few": ["paper_a_x", "z"], "many": sorted(many)}).splitlines()
    assert lines[0] == "  few          paper_a_x, z"
    assert lines[-2:] == ["    paper_a_   x", "    paper_b_   x, y"]
    assert max(map(len, lines)) <= COLUMNS
