"""`fer-audit` as a user types it."""

from __future__ import annotations

import json
import re

import pytest
from planted import write_planted
from support import call

from fer_lightning.commands import audit
from fer_lightning.run.config.compose import list_options


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    return write_planted(tmp_path_factory.mktemp("planted") / "fer2013")


def rows(text):
    split = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    return {cells[0]: cells[1:] for cells in split}


def test_the_table_says_what_audit_json_says(planted, tmp_path, capfd):
    assert call(audit.main, "data=fer2013", f"data.faces.dir={planted}", f"hydra.run.dir={tmp_path}") == 0
    out = capfd.readouterr().out
    found, table = json.loads((tmp_path / "audit.json").read_text()), rows(out)
    assert table["test images also in train"] == ["2", "33.33 %", "2", "33.33 %"]
    assert table["images with another in the set"] == ["6", "15.00 %", "10", "25.00 %"]
    assert table["happy"] == ["100.00 %", "6"]  # the last block, the agreement
    assert next(line.split()[1:4] for line in out.splitlines() if line.startswith("angry")) == ["4", "14.29", "%"]
    assert table["published train"][0].startswith("28 of 28,709 images, differing: angry 4 (published 3,995), ")
    assert table["label conflicts"] == [f"{found['label_conflicts']} groups of exact copies with different labels"]
    assert out.splitlines()[-2].split()[-1] == str(tmp_path / "copies.png")
    assert out.splitlines()[-1].split()[-1] == str(tmp_path / "audit.json")
    assert "\x1b" not in out
    assert {path.name for path in tmp_path.iterdir()} == {".hydra", "audit.json", "audit.log", "copies.png"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "data is not set: name a data set, as in data=fer2013; choose among"),
        ("data=fer2031", "data=fer2031: no such option; choose among"),
        ("data=synthetic data.protocol=official", "data.protocol=official: this data set has no published split"),
        ("data=synthetic data.protocol=offical", "did you mean official?"),
        ("data=synthetic data.exclude_copies=all", "data.exclude_copies=all: choose among none, exact, near"),
        ("data=fer2013 data.faces.dir=/nowhere", "/nowhere: no FER2013 here"),
        ("data=synthetic model=cnn", "model: audit takes no model; leave it out"),
    ],
)
def test_a_mistake_ends_in_one_clear_message(tmp_path, capfd, arguments, message):
    tiny = ["data.faces.images=96", "data.faces.subjects=10"] if "synthetic" in arguments else []
    assert call(audit.main, *arguments.split(), *tiny, f"hydra.run.dir={tmp_path}") == 1
    captured = capfd.readouterr()
    assert message in captured.err
    assert captured.err.count("error: ") == 1
    assert captured.out == ""
    assert not (tmp_path / "audit.json").exists()


def test_help_names_the_data_sets(capfd):
    assert call(audit.main, "--help") == 0
    out = capfd.readouterr().out
    assert f"data {', '.join(list_options('data'))} Examples" in " ".join(out.split())
    assert "fer-audit data=NAME" in out
