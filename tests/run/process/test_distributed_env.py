"""Processes that a launcher started share one folder, and one of them speaks."""

from __future__ import annotations

import os

import pytest
from children import TRAIN, start
from support import TINY

from fer_lightning.errors import FerError
from fer_lightning.run.process.distributed_env import (
    check_rank,
    drop_stale_ranks,
    is_global_zero,
    require_shared_folder,
)

TORCHRUN = {"TORCHELASTIC_RUN_ID": "7", "WORLD_SIZE": "4"}
NAMES = (
    "TORCHELASTIC_RUN_ID",
    "WORLD_SIZE",
    "RANK",
    "LOCAL_RANK",
    "NODE_RANK",
    "MASTER_ADDR",
    "MASTER_PORT",
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
    assert require_shared_folder(["seed=1"]) == ["seed=1"]


@pytest.mark.parametrize("names", [TORCHRUN, {"SLURM_NTASKS": "4"}])
def test_several_need_one_that_is_named(environment, names):
    environment(**names)
    with pytest.raises(FerError, match=r"4 processes train together .* add hydra\.run\.dir=logs/runs/NAME"):
        require_shared_folder(["seed=1"])
    with pytest.raises(FerError, match="a sweep starts its own processes"):
        require_shared_folder(["--multirun", "hydra.run.dir=x"])
    assert require_shared_folder(["seed=1", "hydra.run.dir=x"]) == ["seed=1", "hydra.run.dir=x"]


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
    assert is_global_zero() is first


LIGHTNINGS_CHILD = {"LOCAL_RANK": "1", "NODE_RANK": "0", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1"}


@pytest.mark.parametrize(
    ("names", "dropped"),
    [
        ({}, set()),
        ({"LOCAL_RANK": "1"}, {"LOCAL_RANK"}),
        ({"LOCAL_RANK": "0"}, {"LOCAL_RANK"}),  # Lightning would wait for processes that nobody starts
        ({"RANK": "3", "LOCAL_RANK": "1"}, {"RANK", "LOCAL_RANK"}),
        ({"RANK": "two", "WORLD_SIZE": "2"}, {"RANK"}),
        ({"NODE_RANK": "1"}, {"NODE_RANK"}),
        ({"SLURM_PROCID": "1"}, {"SLURM_PROCID"}),
        ({"SLURM_PROCID": "1", "LOCAL_RANK": "1", "SLURM_NTASKS": "2"}, {"LOCAL_RANK"}),
        ({"SLURM_PROCID": "1", "SLURM_NTASKS": "2"}, set()),
        ({**TORCHRUN, "RANK": "1", "LOCAL_RANK": "1", "MASTER_ADDR": "10.0.0.1"}, set()),
        (LIGHTNINGS_CHILD, set()),
        ({"NODE_RANK": "1", "MASTER_ADDR": "10.0.0.1"}, set()),  # by hand, on the second of two machines
        ({"NODE_RANK": "0", "MASTER_PORT": "5000"}, set()),
    ],
)
def test_a_rank_that_no_launcher_has_set_is_ignored_and_named(environment, names, dropped):
    environment(**names)
    lines = drop_stale_ranks()
    assert {line.partition("=")[0] for line in lines} == dropped
    assert {name for name in names if name in os.environ} == names.keys() - dropped
    assert all("is ignored: no launcher has set it" in line for line in lines)


def test_a_helper_of_a_training_of_one_process_is_refused(environment):
    check_rank(1)
    environment(**LIGHTNINGS_CHILD)
    check_rank(2)
    with pytest.raises(FerError, match=r"LOCAL_RANK=1, NODE_RANK=0: .* the trainer has one process, .* unset these"):
        check_rank(1)


@pytest.mark.slow
@pytest.mark.parametrize("left", [{"LOCAL_RANK": "1"}, LIGHTNINGS_CHILD])
def test_a_process_with_a_rank_left_over_writes_its_result_or_says_why_not(left, tmp_path):
    job = start(*TRAIN, *TINY, "debug=fast", "trainer=cpu", folder=tmp_path / "run", **left)
    _, err = job.communicate(timeout=300)
    if left is LIGHTNINGS_CHILD:
        assert job.returncode == 1
        assert "error: LOCAL_RANK=1, NODE_RANK=0: this is not the first process" in err
        assert not (tmp_path / "run" / "result.json").exists()
    else:
        assert job.returncode == 0, err
        assert err.startswith("warning: LOCAL_RANK=1 is ignored")
        assert (tmp_path / "run" / "result.json").exists()
