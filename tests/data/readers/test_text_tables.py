"""Text files of numbers are read exactly, or refused with their line."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_lightning.data.readers.text_tables import parse_whole_number, read_number_lines
from fer_lightning.errors import FerError


def written(folder, content):
    path = folder / "x.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    "text",
    ["   1.0000000e+00   -2.5e-1\n 30 4.\n", "1 -0.25\r\n30 +4.0\r\n", "\n1\t-0.25\n\n\n30 4\n\n", "1 -25E-2\n30 4"],
    ids=["MATLAB", "Windows", "empty lines", "no last line end"],
)
def test_numbers_as_programs_write_them(tmp_path, text):
    assert [line.values for line in read_number_lines(written(tmp_path, text), columns=2)] == [
        (1.0, -0.25),
        (30.0, 4.0),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_numbers_in_an_encoding_that_a_mark_names(tmp_path, encoding):
    lines = read_number_lines(written(tmp_path, "1 2\n".encode(encoding)), columns=2)
    assert [line.values for line in lines] == [(1.0, 2.0)]


def test_a_file_without_end_is_refused(tmp_path):
    with pytest.raises(FerError, match=r"line 1: this is not a file of numbers \(more than 1,000,000 bytes\)"):
        read_number_lines(written(tmp_path, "1 2\n" * 250_001), columns=2)


def test_places_count_empty_lines(tmp_path):
    path = written(tmp_path, "\n1\n\n2\n")
    assert [line.where for line in read_number_lines(path, columns=1)] == [f"{path}, line 2", f"{path}, line 4"]


FAULTS = {
    "empty": ("", 1, "the file ends here, with 0 of 2 lines"),
    "white space": (" \n\n\n", 1, "the file ends here, with 0 of 2 lines"),
    "one line too few": ("1 2\n", 1, "the file ends here, with 1 of 2 lines"),
    "cut off": ("1 2\n\n3", 3, "1 numbers, a line of this file has 2"),
    "one line too many": ("1 2\n3 4\n5 6\n", 3, "too many lines, this file has 2"),
    "a number too many": ("1 2\n3 4 5\n", 2, "3 numbers, a line of this file has 2"),
    "letters": ("1 2\n3 x\n", 2, "'x' is not a number"),
    "not a number": ("1 nan\n3 4\n", 1, "'nan' is not a number"),
    "infinite": ("1 inf\n3 4\n", 1, "'inf' is not a number"),
    "too large": ("1 1e999\n3 4\n", 1, "'1e999' is not a number"),
    "Python's underscore": ("1 1_0\n3 4\n", 1, "'1_0' is not a number"),
    "a comma": ("1,5 2\n3 4\n", 1, "'1,5' is not a number"),
    "a long word": ("1 2\n3 " + "y" * 5000, 2, f"'{'y' * 20}' is not a number"),
    "other digits": ("1 \u0663\n3 4\n", 1, "this is not a file of numbers"),
    "bytes": (b"\xff\xfe1 2\n", 1, "this is not a file of numbers"),
    "NUL bytes": (b"\0" * 100, 1, "1 numbers, a line of this file has 2"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_line(tmp_path, fault):
    content, line, message = FAULTS[fault]
    path = written(tmp_path, content)
    with pytest.raises(FerError) as caught:
        read_number_lines(path, columns=2, rows=2)
    assert str(caught.value).startswith(f"{path}, line {line}: {message}")
    assert len(str(caught.value)) < len(str(path)) + 300


def test_a_folder_is_no_file_of_numbers(tmp_path):
    with pytest.raises(FerError, match="line 1: this is not a file of numbers"):
        read_number_lines(tmp_path, columns=1)


@given(content=st.binary(max_size=60) | st.text("0123456789.eE+- \n\r_x", max_size=60))
def test_whatever_stands_there_is_finite_numbers_or_one_error_that_names_the_file(tmp_path_factory, content):
    path = written(tmp_path_factory.getbasetemp(), content)
    try:
        lines = read_number_lines(path, columns=2)
    except FerError as fault:
        message = str(fault)
    else:
        assert lines
        assert all(len(values) == 2 and all(map(math.isfinite, values)) for _, values in lines)
        return
    assert message.startswith(f"{path}, line ")


@pytest.mark.parametrize("value", [-1.0, 8.0, 2.5, 1e300])
def test_a_label_outside_its_range_or_with_a_fraction_is_refused(value):
    with pytest.raises(FerError, match=r"x, line 3: the emotion is .*, it must be a whole number from 0 to 7"):
        parse_whole_number(value, 0, 7, "the emotion", "x, line 3")


@pytest.mark.parametrize("value", range(8))
def test_a_label_in_its_range_is_a_whole_number(value):
    assert parse_whole_number(float(value), 0, 7, "the emotion", "x, line 3") == value
