"""Whatever is wrong with FER2013's files is one clear error, and leaves nothing half-written."""

from __future__ import annotations

import re

import numpy as np
import pytest

from tests.layouts.fer2013 import TABLES


def test_an_absent_folder_is_told_every_layout(tmp_path, refused):
    message = refused(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in message
    for layout in [*TABLES, "train/<class>", "test/<class>", "FER_DATA=DIR", "data.faces.dir=DIR"]:
        assert layout in message


@pytest.mark.parametrize("only", ["train", "test"])
def test_one_split_folder_is_not_enough(folder, only, refused):
    (folder / only / "happy").mkdir(parents=True)
    assert "no FER2013 here" in refused(folder)


def test_a_directory_called_like_the_table_is_not_the_table(folder, refused):
    (folder / "fer2013.csv").mkdir()
    assert "no FER2013 here" in refused(folder)


# what is done to the four good rows of (emotion, pixels, Usage), and what the message says; line 3 is row 1
CELLS = {
    "label 7": (lambda rows: rows[1].__setitem__(0, "7"), r"line 3: emotion is '7', it must be a number from 0 to 6"),
    "label x": (lambda rows: rows[1].__setitem__(0, "x"), r"line 3: emotion is 'x'"),
    "label -1": (lambda rows: rows[1].__setitem__(0, "-1"), r"line 3: emotion is '-1'"),
    "label 3.0": (lambda rows: rows[1].__setitem__(0, "3.0"), r"line 3: emotion is '3.0'"),
    "no label": (lambda rows: rows[1].__setitem__(0, ""), r"line 3: emotion is ''"),
    "label of 5,000 digits": (lambda rows: rows[1].__setitem__(0, "1" * 5000), r"line 3: emotion is '1{20}'"),
    "an Arabic three": (lambda rows: rows[1].__setitem__(0, "\u0663"), r"line 3: emotion is"),
    "letters": (lambda rows: rows[2].__setitem__(1, "12 ab" + rows[2][1]), r"line 4: the pixels hold something else"),
    "fractions": (lambda rows: rows[2].__setitem__(1, "0.5 " + rows[2][1]), r"line 4: the pixels hold something else"),
    "a remark": (lambda rows: rows[2].__setitem__(1, rows[2][1] + " # x"), r"line 4: the pixels hold something else"),
    "NUL bytes": (lambda rows: rows[2].__setitem__(1, "\0" + rows[2][1]), r"line 4: the pixels hold something else"),
    "far too large": (lambda rows: rows[2].__setitem__(1, "99999999999999999999"), r"line 4: the pixels hold"),
    "no pixels": (lambda rows: rows[2].__setitem__(1, " "), r"line 4: the pixels are empty"),
    "one pixel too many": (lambda rows: rows[0].__setitem__(1, rows[0][1] + " 1"), r"line 2: 2305 pixels.* has 2304"),
    "half the pixels": (lambda rows: rows[0].__setitem__(1, "7 " * 1152), r"line 2: 1152 pixels, an image of 48x48"),
    "pixel 256": (lambda rows: rows[3].__setitem__(1, "0 256 " + "7 " * 2302), r"line 5: a pixel is 0 or 256, .* 255"),
    "pixel -1": (
        lambda rows: rows[3].__setitem__(1, "-1 " + "7 " * 2303),
        r"line 5: a pixel is -1 or 7, the range is 0",
    ),
    "unknown Usage": (lambda rows: rows[1].__setitem__(2, "Test"), r"line 3: Usage is 'Test', .* Training, PublicTest"),
    "misspelt Usage": (lambda rows: rows[1].__setitem__(2, "Trainng"), r"line 3: .*did you mean Training"),
    "a cell missing": (lambda rows: rows[1].pop(), r"line 3: 2 cells for 3 columns; is the file cut off here"),
    "a cell too many": (lambda rows: rows[1].append("x"), r"line 3: 4 cells for 3 columns"),
}


@pytest.mark.parametrize("fault", CELLS)
def test_a_wrong_cell_is_named_with_file_and_line(folder, cells, fault, refused):
    spoil, message = CELLS[fault]
    rows = [list(row) for row in cells]
    spoil(rows)
    text = "\n".join(["emotion,pixels,Usage", *(",".join(row) for row in rows)])
    (folder / "fer2013.csv").write_text(text)
    found = refused(folder)
    assert found.startswith(str(folder / "fer2013.csv"))
    assert re.search(message, found), found


@pytest.mark.parametrize("kept", [0.3, 0.5, 0.95])
def test_a_table_that_is_cut_off_names_its_last_line(folder, table, kept, refused):
    text = table[: int(len(table) * kept)]
    (folder / "fer2013.csv").write_text(text)
    assert f"fer2013.csv, line {text.count(chr(10)) + 1}:" in refused(folder)


HEADERS = {
    "": r"line 1: no column emotion, pixels, Usage; the columns are none",
    "emotion,pixels,Usage\n": r"there is no image under the header",
    "emotion,pixels\n1,2": r"line 1: no column Usage; the columns are emotion, pixels",
    "label,pixels,Usage\n1,2,Training": r"line 1: no column emotion; the columns are label, pixels, Usage",
    "1,2 3,Training\n": r"line 1: no column emotion, pixels, Usage",
}


@pytest.mark.parametrize("text", HEADERS)
def test_a_table_without_header_or_rows(folder, text, refused):
    (folder / "fer2013.csv").write_text(text)
    assert re.search(HEADERS[text], refused(folder))


def test_binary_garbage_as_a_table(folder, refused):
    (folder / "fer2013.csv").write_bytes(np.random.default_rng(0).bytes(5000))
    assert str(folder / "fer2013.csv") in refused(folder)


def test_a_quote_that_is_never_closed(folder, table, refused):
    # all that follows is one cell, longer than the csv module takes
    (folder / "fer2013.csv").write_text(table.replace("\n0,", '\n0,"') + table * 4)
    assert "this is not a table" in refused(folder)


def test_nul_bytes_for_a_table(folder, refused):
    (folder / "fer2013.csv").write_bytes(b"\0" * 4096)
    assert "line 1: no column" in refused(folder)
