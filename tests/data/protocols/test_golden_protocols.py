"""The same rows on every machine and with every version of NumPy and SciPy: as first drawn, written down."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fer_lightning.data.protocols import Request, apply_protocol

GOLDEN = {
    "official": (
        Request(seed=5),
        [0, 2, 3, 5, 7, 8, 10, 12, 13, 15, 17, 18, 20, 22, 23, 25, 27, 28, 30, 32, 33, 35],
        [1, 6, 11, 16, 21, 26],
        [4, 9, 14, 19, 24, 29, 34],
    ),
    "paper_c": (
        Request(seed=5),
        [0, 3, 5, 7, 8, 10, 12, 15, 17, 18, 20, 23, 25, 27, 28, 30, 32, 35],
        [2, 13, 22, 33],
        [1, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 29, 34],
    ),
    "kfold": (
        Request(2, 4, seed=5),
        [1, 2, 6, 7, 9, 13, 14, 15, 17, 18, 21, 22, 26, 27, 29, 33, 34, 35],
        [4, 8, 10, 11, 16, 19, 24, 28, 30],
        [0, 3, 5, 12, 20, 23, 25, 32],
    ),
    "paper_c_kfold": (
        Request(2, 4, seed=5),
        [1, 4, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 21, 24, 26, 27, 28, 29, 30, 34, 35],
        [2, 13, 19, 22, 33],
        [0, 3, 5, 12, 20, 23, 25, 32],
    ),
    "kfold_images": (
        Request(2, 4, seed=5),
        [4, 5, 6, 9, 10, 11, 13, 16, 19, 20, 21, 22, 25, 27, 29, 30, 32, 34],
        [8, 12, 18, 23, 26, 28, 33, 35],
        [0, 1, 2, 3, 7, 14, 15, 17, 24],
    ),
    "holdout": (
        Request(seed=5),
        [0, 1, 4, 5, 7, 10, 11, 12, 14, 15, 17, 18, 19, 20, 21, 24, 25, 27, 30, 32, 34, 35],
        [3, 16, 23],
        [2, 6, 8, 9, 13, 22, 26, 28, 29, 33],
    ),
    "subject_8fold": (
        Request(2, seed=5, val_subjects=1),
        [
            0,
            1,
            2,
            4,
            6,
            7,
            8,
            9,
            10,
            11,
            12,
            13,
            14,
            15,
            16,
            17,
            18,
            19,
            20,
            21,
            22,
            24,
            26,
            27,
            28,
            29,
            30,
            32,
            33,
            34,
            35,
        ],
        [3, 23],
        [5, 25],
    ),
    "subject_10fold": (
        Request(2, seed=5),
        [0, 1, 2, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 18, 19, 20, 21, 22, 24, 25, 26, 27, 28, 29, 32, 33, 34, 35],
        [10, 17, 30],
        [3, 16, 23],
    ),
    "leave_one_subject_out": (
        Request(2, seed=5),
        [
            0,
            1,
            2,
            3,
            4,
            5,
            7,
            8,
            10,
            11,
            12,
            13,
            14,
            15,
            16,
            17,
            18,
            19,
            20,
            21,
            22,
            23,
            24,
            25,
            27,
            28,
            30,
            32,
            33,
            34,
            35,
        ],
        [9, 29],
        [6, 26],
    ),
}


@pytest.fixture(scope="module")
def thirty_six(make_faces):
    """36 faces of 20 people, s14 and s11 with one picture in common (rows 2 and 13), row 31 without a label."""
    row = np.arange(36)
    who = row * 7 % 20
    words = np.array(["Training", "Training", "PublicTest", "PrivateTest", "Training"])
    return make_faces(
        np.where(row == 31, -1, row * row % 11 % 4),
        size=1,
        subject=[f"s{number:02d}" for number in who],
        split=words[who % 5],
        extras={"digest": np.where(row == 13, 2, row)},
    )


@pytest.mark.parametrize("name", GOLDEN)
def test_the_rows_are_those_that_every_machine_draws(thirty_six, name):
    request, *sides = GOLDEN[name]
    assert [rows.tolist() for rows in apply_protocol(thirty_six, name, request).splits().values()] == sides


def test_the_images_are_those_that_every_machine_draws_where_nobody_is_known(thirty_six):
    nobody = replace(thirty_six, subject=None)
    sides = [
        apply_protocol(nobody, name, Request(seed=5)).val.tolist()
        for name in ("paper_a", "paper_c", "holdout", "kfold")
    ]
    assert sides == [[9, 29], [2, 10, 13], [10, 18, 22], [0, 1, 5, 7, 9, 17, 18, 21, 24, 29, 32, 33]]
