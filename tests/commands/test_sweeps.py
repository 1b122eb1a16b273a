"""Sweeps as processes: what fails, what is killed, what two launches at once do, what runs again."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from children import TRAIN, kill_in_mid_epoch, start
from support import TINY

from fer_lightning.results.result import read

pytestmark = pytest.mark.slow
FAST = [*TINY, "debug=fast"]
LONG = [*TINY, "data.faces.images=1200"]  # 52 batches an epoch: long enough for a signal to come in the middle
PATIENCE = 420  # seconds: the machine may have other work


def sweep(logs, *words):
    """A sweep, with its folder, which is named x."""
    return start(*TRAIN, "-m", *words, "sweep_name=x", FER_LOGS=str(logs))


def swept(logs, *words, code=0):
    job = sweep(logs, *words)
    out, err = job.communicate(timeout=PATIENCE)
    assert job.returncode == code, out + err
    assert "Traceback" not in err
    return err


def states(logs):
    return {job["name"]: job["state"] for job in entries(logs)}


def entries(logs):
    return json.loads((logs / "sweeps" / "x" / "sweep.json").read_text())["jobs"]


def times(logs):
    return {path.parent.name: path.stat().st_mtime_ns for path in (logs / "sweeps" / "x").glob("*/result.json")}


def test_one_job_fails_and_the_others_do_not_care(tmp_path, tiny_checkpoint):
    absent = tmp_path / "weights, of=later.ckpt"
    values = f"init_from=null,'{absent}','{tiny_checkpoint}'"
    err = swept(tmp_path, *FAST, values, code=1)
    assert [job["state"] for job in entries(tmp_path)] == ["done", "failed", "done"]
    good, failed, other = entries(tmp_path)
    assert good["name"] == "init_from=null"
    assert set(times(tmp_path)) == {good["name"], other["name"]}
    assert 0 <= good["value"] <= 1
    assert f"\nfailed: {failed['name']}\n" in err
    told, command = re.search(r"\n    (error: .*)\n(?:    .*\n)*    exit code 1\n  again: (.*)\n", err).groups()
    assert told.startswith(f"error: init_from={absent}")
    assert command == failed["command"]
    assert told in (tmp_path / "sweeps" / "x" / failed["folder"] / "output.log").read_text()
    assert "2 of 3 jobs done, 0 running, 1 failed, best val/accuracy" in err

    before = times(tmp_path)
    err = swept(tmp_path, *FAST, values, code=1)
    assert err.count("done before") == 2
    assert times(tmp_path) == before

    shutil.copy(tiny_checkpoint, absent)  # what was wrong is mended
    name, *arguments = shlex.split(command)
    assert name == "fer-train"
    alone = start(*TRAIN, *arguments, FER_LOGS=str(tmp_path))
    assert alone.wait(PATIENCE) == 0, alone.communicate()[1]
    assert read(tmp_path / "sweeps" / "x" / failed["folder"]).config["init_from"] == str(absent)
    err = swept(tmp_path, *FAST, values)
    assert set(states(tmp_path).values()) == {"done"}
    assert "3 of 3 jobs done" in err
    assert {name: when for name, when in times(tmp_path).items() if name in before} == before


def children(pid):
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,stat="], capture_output=True, text=True, check=True)
    rows = [line.split() for line in listed.stdout.splitlines()]
    return [int(own) for own, parent, stat in rows if int(parent) == pid and not stat.startswith("Z")]


def running(pid):
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip()) and not listed.stdout.strip().startswith("Z")


def test_a_sweep_whose_launcher_is_killed_goes_on_where_it_was(tmp_path):
    words = [*LONG, "trainer.max_epochs=1,6"]
    short, long = (tmp_path / "sweeps" / "x" / f"trainer.max_epochs={n}" for n in (1, 6))
    mark = None
    for signum in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        launcher = sweep(tmp_path, *words)
        while not (children(launcher.pid) and (short / "result.json").exists() and (long / "job.json").exists()):
            assert launcher.poll() is None, launcher.communicate()[1]
            time.sleep(0.1)
        (job,) = children(launcher.pid)
        _, err = kill_in_mid_epoch(launcher, long, signum)
        deadline = time.monotonic() + 60
        while running(job):
            assert time.monotonic() < deadline, f"the job outlives its launcher by a minute after {signum!r}"
            time.sleep(0.1)
        assert not (long / "result.json").exists()
        assert (long / "checkpoints" / "last.ckpt").exists()
        assert mark in (None, times(tmp_path)[short.name])
        mark = times(tmp_path)[short.name]
        if signum == signal.SIGINT:
            assert launcher.returncode == 130, err
            assert states(tmp_path) == {short.name: "done", long.name: "planned"}
        else:
            assert launcher.returncode in (-signum, 128 + signum), err
            assert "to go on      fer-train resume=" in (long / "output.log").read_text()
    err = swept(tmp_path, *words)
    assert f"{short.name}: done before" in err
    assert times(tmp_path)[short.name] == mark
    assert 4 <= read(long).resumed_from_epoch <= 6
    assert read(short).resumed_from_epoch is None
    assert set(states(tmp_path).values()) == {"done"}
    assert (long / "output.log").read_text().count("resuming after") == 3


def test_a_job_that_is_killed_by_the_system_is_one_that_failed(tmp_path):
    launcher = sweep(tmp_path, *LONG, "trainer.max_epochs=9,1")
    first = tmp_path / "sweeps" / "x" / "trainer.max_epochs=9"
    while not (first / "checkpoints" / "last.ckpt").exists():
        assert launcher.poll() is None, launcher.communicate()[1]
        time.sleep(0.05)
    (job,) = children(launcher.pid)
    os.kill(job, signal.SIGKILL)
    _, err = launcher.communicate(timeout=PATIENCE)
    assert launcher.returncode == 1
    assert states(tmp_path) == {first.name: "failed", "trainer.max_epochs=1": "done"}
    assert entries(tmp_path)[0]["error"].endswith("killed by signal 9 (out of memory?)")
    assert f"failed: {first.name}" in err


@pytest.fixture(scope="module")
def twice(tmp_path_factory):
    """The logs of a sweep that two people launched at once, and what each was told."""
    logs = tmp_path_factory.mktemp("twice")
    launched = [sweep(logs, *FAST, "seed=0,1") for _ in range(2)]
    told = [job.communicate(timeout=PATIENCE)[1] for job in launched]
    assert [job.returncode for job in launched] == [0, 0], told
    return logs, told


def test_two_launches_at_once_run_each_job_once(twice):
    logs, told = twice
    assert states(logs) == {"seed=0": "done", "seed=1": "done"}
    for name in states(logs):
        assert (logs / "sweeps" / "x" / name / "output.log").read_text().count("images; net of") == 1
    assert sum(err.count("done before") for err in told) == 2
    first, second = (read(logs / "sweeps" / "x" / name) for name in states(logs))
    assert first.started != second.started
    assert all(job["seconds"] > 0 and job["command"].startswith("fer-train ") for job in entries(logs))


def test_of_launches_that_overlap_each_ends_well_when_its_own_jobs_are_done(tmp_path):
    first = sweep(tmp_path, *LONG, "trainer.max_epochs=1,2")
    second = sweep(tmp_path, *LONG, "trainer.max_epochs=2,9")
    _, err = first.communicate(timeout=PATIENCE)
    assert first.returncode == 0, err
    assert "2 of 2 jobs done" in err
    _, err = second.communicate(timeout=PATIENCE)
    assert second.returncode == 0, err
    assert set(states(tmp_path).values()) == {"done"}
    assert len(states(tmp_path)) == 3


def test_a_changed_config_under_the_same_name_moves_the_old_folder_aside(twice, tmp_path):
    logs = Path(shutil.copytree(twice[0], tmp_path / "logs"))
    folder = logs / "sweeps" / "x"
    before = read(folder / "seed=1")
    swept(logs, *FAST, "seed=choice(1)", "optimizer.lr=0.5")
    assert read(folder / "seed=1").config["optimizer"]["lr"] == 0.5
    (aside,) = folder.glob("seed=*.*")
    assert aside.name == f"seed=1.{before.config_hash}"
    assert read(aside) == before
    assert times(logs)["seed=0"] == times(twice[0])["seed=0"]
    assert states(logs) == {"seed=0": "done", "seed=1": "done"}
