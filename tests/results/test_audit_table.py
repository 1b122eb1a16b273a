from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest

from fer_lightning.errors import FerError
from fer_lightning.results.audit_result import Audited, write
from fer_lightning.results.audit_table import audit_table

BASE = Audited(
    protocol="official",
    fold=None,
    counts={"train": {"happy": 3000, "sad": 1000}, "val": {"happy": 0, "sad": 0}, "test": {"happy": 500, "sad": 0}},
    official_counts={"train": {"happy": 3000, "sad": 1001}, "test": {"happy": 500, "sad": 0}},
    found_counts={"train": {"happy": 3000, "sad": 1000}, "test": {"happy": 500, "sad": 0}},
    images=4600,
    unlabelled=90,
    in_no_side=100,
    exact_copies={"train-val": 0, "train-test": 5, "val-test": 0, "within": 1234},
    near_copies={"train-val": 0, "train-test": 50, "val-test": 0, "within": 2300},
    label_conflicts=7,
    blank=2,
    subjects=11,
    shared_subjects=["S01", "S02"],
    sizes={"48x48": 4000, "640x490": 600},
    channels={"grey": 4600, "colour": 0},
    detection={"detectors": {"haar": {"tried": 600, "found": 594}}, "missed": 6, "several": 3, "kept": 4000},
    agreement={"all": {"agreeing": 1, "images": 4, "share": 0.25}, "sad": {"agreeing": 0, "images": 0, "share": None}},
    choices={"data": "faces"},
    overrides=[],
    config={},
    versions={},
    seconds=1.26,
    started="",
    finished="",
    files={"copies": "copies.png"},
    label_errors={"images": 4000, "errors": 100, "by_class": {}},
)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def printed(audited, folder, stream=None):
    stream = stream or io.StringIO()
    audit_table(audited, folder, stream)
    return stream.getvalue()


def rows(text):
    split = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    return {cells[0]: cells[1:] for cells in split}


def test_every_figure_stands_in_its_row(tmp_path):
    text = printed(BASE, tmp_path)
    table = rows(text)
    assert text.splitlines()[0] == "faces (official): 4,600 images"
    assert table["class"] == ["train", "share", "test", "share"]  # a side without images has no columns
    assert table["happy"] == ["3,000", "75.00 %", "500", "100.00 %"]
    assert table["test images also in train"] == ["5", "1.00 %", "50", "10.00 %"]
    assert table["images with another in the set"] == ["1,234", "26.83 %", "2,300", "50.00 %"]
    assert not {"val images also in train", "test images also in val"} & set(table)
    assert table["published train"] == ["4,000 of 4,001 images, differing: sad 1,000 (published 1,001)"]
    assert table["published test"] == ["500 images, every class as published"]
    assert table["on no side"] == ["100 images, 90 without a label"]
    assert table["people"] == ["11, 2 on more than one side: S01, S02"]
    assert table["sizes"] == ["48x48 4,000, 640x490 600"]
    assert table["channels"] == ["grey 4,600"]
    assert table["faces by haar"] == ["594 of 600 images (99.00 %)"]
    assert table["face search"] == ["6 missed, 3 several, 4,000 kept"]
    assert table["probable label errors"] == ["100 of 4,000 images (2.50 %)"]
    assert table["sad"] == ["-", "0"]
    assert [line.split()[-1] for line in text.splitlines()[-2:]] == [
        str(tmp_path / "copies.png"),
        str(tmp_path / "audit.json"),
    ]


def test_figures_of_a_block_stand_below_each_other(tmp_path):
    lines = printed(BASE, tmp_path).splitlines()
    ends = [line.index(word) + len(word) for line, word in zip(lines[1:4], ("train", "3,000", "1,000"), strict=True)]
    assert len(set(ends)) == 1


def test_what_a_set_does_not_have_has_no_row(tmp_path):
    nothing = {side: {"happy": 0, "sad": 0} for side in BASE.counts}
    bare = replace(
        BASE,
        protocol=None,
        counts=nothing,
        official_counts=None,
        found_counts=None,
        detection=None,
        agreement=None,
        subjects=None,
        shared_subjects=[],
        files={},
    )
    text = printed(bare, tmp_path)
    table = rows(text)
    assert text.splitlines()[0] == "faces (no label, so no sides): 4,600 images"
    assert table["people"] == ["not known"]
    assert not {"class", "published train", "faces by haar", "same label as FER+", "page of copies"} & set(table)


def test_long_lists_end_in_a_number(tmp_path):
    many = replace(BASE, shared_subjects=[f"S{n:02d}" for n in range(11)])
    assert rows(printed(many, tmp_path))["people"] == [
        "11, 11 on more than one side: S00, S01, S02, S03, S04, S05 and 5 more"
    ]


def test_a_terminal_gets_bold_headers_and_the_same_words(tmp_path, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    folder = tmp_path / ("[red]" + "long" * 40)
    coloured = printed(BASE, folder, Terminal())
    assert "\x1b[1m" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == printed(BASE, folder)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_narrow_encodings_get_ascii(tmp_path, encoding):
    raw = io.BytesIO()
    named = replace(BASE, counts={"train": {"悲しい": 1}, "val": {"悲しい": 0}, "test": {"悲しい": 0}})
    stream = io.TextIOWrapper(raw, encoding=encoding)
    audit_table(named, tmp_path, stream)
    assert rb"\u60b2" in raw.getvalue()
    assert raw.getvalue().isascii()


def test_a_field_of_the_wrong_type_is_not_written(tmp_path):
    with pytest.raises(FerError, match="exact_copies"):
        write(replace(BASE, exact_copies={"within": 0.5}), tmp_path)
    assert not list(tmp_path.iterdir())
    write(BASE, tmp_path)
    assert json.loads((tmp_path / "audit.json").read_text())["blank"] == 2
