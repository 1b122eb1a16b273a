"""A GPU for each of several jobs at once."""

from __future__ import annotations

import threading
from contextlib import ExitStack

import pytest

from fer_lightning.run.sweep import gpu_assignment as devices
from fer_lightning.run.sweep.gpu_assignment import VISIBLE, assign_gpu, list_gpus


@pytest.mark.parametrize(("named", "found"), [("0,1", ["0", "1"]), (" 3 , GPU-7f ", ["3", "GPU-7f"]), ("", [])])
def test_the_gpus_are_those_that_the_environment_leaves(monkeypatch, named, found):
    monkeypatch.setenv(VISIBLE, named)
    assert list_gpus() == found


@pytest.mark.parametrize(
    ("script", "found"),
    [("echo 'GPU 0: A100 (UUID: GPU-1)'; echo 'GPU 1: A100 (UUID: GPU-2)'", ["0", "1"]), ("echo GPU 0; exit 9", [])],
)
def test_else_the_driver_lists_them(monkeypatch, tmp_path, script, found):
    monkeypatch.delenv(VISIBLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert list_gpus() == []  # no driver
    (tmp_path / "nvidia-smi").write_text(f"#!/bin/sh\n{script}\n")
    (tmp_path / "nvidia-smi").chmod(0o755)
    assert list_gpus() == found


def test_each_job_has_its_own_and_the_third_waits(monkeypatch, tmp_path):
    monkeypatch.setenv(VISIBLE, "4,6")
    monkeypatch.setattr(devices, "POLL", 0.01)
    got, first = [], ExitStack()

    def third():
        with assign_gpu(list_gpus(), 2, tmp_path) as variables:
            got.append(variables)

    waiting = threading.Thread(target=third)
    with assign_gpu(list_gpus(), 2, tmp_path) as one:
        two = first.enter_context(assign_gpu(list_gpus(), 2, tmp_path))
        assert [one, two] == [{VISIBLE: "4"}, {VISIBLE: "6"}]
        waiting.start()
        waiting.join(0.2)
        assert got == []
        first.close()
        waiting.join(10)
        assert got == [two]


def test_jobs_that_outnumber_the_gpus_share_them_equally(tmp_path):
    with ExitStack() as stack:
        names = [stack.enter_context(assign_gpu(["0", "1"], 4, tmp_path))[VISIBLE] for _ in range(4)]
    assert names == ["0", "1", "0", "1"]


@pytest.mark.parametrize("few", [[], ["0"]])
def test_with_one_gpu_or_none_nothing_is_said(tmp_path, few):
    with assign_gpu(few, 8, tmp_path) as variables:
        assert variables == {}
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_fails_frees_its_gpu(tmp_path):
    with pytest.raises(RuntimeError), assign_gpu(["0", "1"], 2, tmp_path):
        raise RuntimeError
    with assign_gpu(["0", "1"], 2, tmp_path) as variables:
        assert variables == {VISIBLE: "0"}
