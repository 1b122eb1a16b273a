"""Processes that a launcher started share one folder, and one of them speaks."""

from __future__ import annotations

import pytest

from fer_lightning.errors import FerError
from fer_lightning.run.launch import in_one_folder, is_first

TORCHRUN = {"TORCHELASTIC_RUN_ID": "7", "WORLD_SIZE": "4"}
NAMES = (
    "TORCHELASTIC_RUN_ID",
    "WORLD_SIZE",
    "RANK",
    "LOCAL_RANK",
    "NODE_RANK",
    "SLURM_PROCID",
    "SLURM_NTASKS",
    "SLURM_JOB_NAME",
)


@pytest.fixture
def environment(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    return lambda **names: [monkeypatch.setenv(name, value) for name, value in names.items()]


@pytest.mark.parametrize(
    "names",
    [
        {},
        {"WORLD_SIZE": "2", "LOCAL_RANK": "1"},
        {"SLURM_NTASKS": "1"},
        {"SLURM_NTASKS": "4", "SLURM_JOB_NAME": "bash"},
    ],
)
def test_one_process_or_lightnings_own_children_need_no_folder(environment, names):
    environment(**names)
    assert in_one_folder(["seed=1"]) == ["seed=1"]


@pytest.mark.parametrize("names", [TORCHRUN, {"SLURM_NTASKS": "4"}])
def test_several_need_one_that_is_named(environment, names):
    environment(**names)
    with pytest.raises(FerError, match=r"4 processes train together .* add hydra\.run\.dir=logs/runs/NAME"):
        in_one_folder(["seed=1"])
    with pytest.raises(FerError, match="a sweep starts its own processes"):
        in_one_folder(["-m", "hydra.run.dir=x"])
    assert in_one_folder(["seed=1", "hydra.run.dir=x"]) == ["seed=1", "hydra.run.dir=x"]


@pytest.mark.parametrize(
    ("names", "first"),
    [
        ({}, True),
        ({"RANK": "0", "LOCAL_RANK": "0"}, True),
        ({"RANK": "4", "LOCAL_RANK": "0"}, False),
        ({"SLURM_PROCID": "1"}, False),
        ({"LOCAL_RANK": "1"}, False),
        ({"LOCAL_RANK": "1", "SLURM_PROCID": "0"}, False),  # Lightning's child in an interactive job
        ({"NODE_RANK": "1"}, False),
        ({"LOCAL_RANK": "0", "NODE_RANK": "1"}, False),
    ],
)
def test_the_first_of_all_machines_is_first(environment, names, first):
    environment(**names)
    assert is_first() is first
