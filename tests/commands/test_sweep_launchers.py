"""Sweeps by other launchers and sweepers than Hydra's own, and sweeps that W&B follows."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from children import TRAIN, start
from omegaconf import OmegaConf
from support import TINY

from fer_lightning.results.result import read

pytestmark = pytest.mark.slow
FAST = [*TINY, "debug=fast"]
PATIENCE = 420  # seconds: the machine may have other work


def ran(logs, *words, **environment):
    job = start(*TRAIN, *words, FER_LOGS=str(logs), **environment)
    _, err = job.communicate(timeout=PATIENCE)
    assert job.returncode == 0, err
    return err


def states(folder):
    return {job["name"]: job["state"] for job in json.loads((folder / "sweep.json").read_text())["jobs"]}


def variables(folder):
    """The environment of the process whose last argument but one is this job's folder; None before it is there."""
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if f'hydra.run.dir="{folder}"'.encode() in (place / "cmdline").read_bytes():
                content = (place / "environ").read_bytes().split(b"\0")
                return dict(entry.decode().split("=", 1) for entry in content if b"=" in entry)
        except OSError:  # it has ended
            continue
    return None


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="only Linux shows another process's environment")
def test_joblib_runs_two_at_once_and_shares_out_the_threads(tmp_path, monkeypatch):
    folder = tmp_path / "sweeps" / "x"
    words = [*FAST, "seed=0,1", "sweep_name=x", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    job = subprocess.Popen(
        [*TRAIN, "-m", *words], env={**environment, "FER_LOGS": str(tmp_path)}, stderr=subprocess.PIPE, text=True
    )
    found, both = {}, False
    while job.poll() is None:
        seen = {seed: variables(folder / f"seed={seed}") for seed in (0, 1)}
        both = both or None not in seen.values()
        found |= {seed: names for seed, names in seen.items() if names is not None}
        time.sleep(0.1)
    assert job.returncode == 0, job.communicate()[1]
    assert both
    share = max(1, (os.cpu_count() or 1) // 2)
    assert {names["OMP_NUM_THREADS"] for names in found.values()} == {str(share)}
    assert states(folder) == {"seed=0": "done", "seed=1": "done"}
    assert "2 of 2 jobs done" in job.communicate()[1]


def process(folder):
    """The process of this job and its parent, the queue's worker."""
    listed = subprocess.run(["ps", "-wwAo", "pid=,ppid=,args="], capture_output=True, text=True, check=True)
    (row,) = (line for line in listed.stdout.splitlines() if f'hydra.run.dir="{folder}"' in line)
    return tuple(map(int, row.split()[:2]))


def test_submitit_queues_a_job_again_that_loses_its_node_and_it_goes_on(tmp_path):
    words = [*TINY, "data.faces.images=1200", "trainer.max_epochs=8,1", "sweep_name=x", "hydra/launcher=submitit_local"]
    launcher = start(*TRAIN, "-m", *words, FER_LOGS=str(tmp_path))
    folder = tmp_path / "sweeps" / "x"
    long, short = (folder / f"trainer.max_epochs={n}" for n in (8, 1))
    while not (long / "checkpoints" / "last.ckpt").exists():
        assert launcher.poll() is None, launcher.communicate()[1]
        time.sleep(0.05)
    for one in process(long):  # SLURM's warning reaches both
        os.kill(one, signal.SIGUSR2)
    _, err = launcher.communicate(timeout=PATIENCE)
    assert launcher.returncode == 0, err
    assert states(folder) == {long.name: "done", short.name: "done"}
    assert read(long).resumed_from_epoch is not None
    assert read(short).resumed_from_epoch is None
    assert (long / "output.log").read_text().count("resuming after") == 1
    assert len(list(folder.glob(".submitit/*/*_log.out"))) == 2


def test_a_search_is_repeated_without_running_anything(tmp_path):
    words = ["sweep=optuna", *FAST, "hydra.sweeper.n_trials=2"]
    folder = tmp_path / "sweeps" / "optuna"
    ran(tmp_path, *words)
    results = {path.parent.name: read(path) for path in folder.glob("*/result.json")}
    assert states(folder) == dict.fromkeys(results, "done")
    assert len(results) == 2
    rates = {name: result.config["optimizer"]["lr"] for name, result in results.items()}
    assert len(set(rates.values())) == 2
    assert all(0.0001 <= rate <= 0.1 for rate in rates.values())
    best = OmegaConf.load(folder / "optimization_results.yaml")
    assert best.best_value == max(result.metrics["val/accuracy"] for result in results.values())
    assert best.best_params["optimizer.lr"] in rates.values()
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/result.json")}
    err = ran(tmp_path, *words)
    assert err.count("done before") == 2
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*/result.json")} == before


def inspected(folder, *options):
    """What W&B's own tool finds in the one offline run of a job."""
    (run,) = (folder / "wandb").glob("offline-run-*")
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", *options, str(run)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_wandb_has_a_run_of_its_own_for_each_job_in_the_sweeps_group(tmp_path):
    places = {f"WANDB_{name}_DIR": str(tmp_path / "wandb") for name in ("DATA", "CACHE", "CONFIG", "ARTIFACT")}
    words = ["-m", *FAST, "logger=wandb", "loss=l1,l2", "seed=0,1", "sweep_name=losses"]
    ran(tmp_path, *words, WANDB_MODE="offline", **places)
    folders = sorted((tmp_path / "sweeps" / "losses").glob("loss=*"))
    assert [folder.name for folder in folders] == [f"loss={loss},seed={n}" for loss in ("l1", "l2") for n in (0, 1)]
    ids = set()
    for folder in folders:
        result = read(folder)
        records = [json.loads(line) for line in inspected(folder).splitlines()]
        run = [record["run"] for record in records if record["type"] == "run"][-1]
        assert (run["display_name"], run["run_group"], run["job_type"]) == (folder.name, "losses", "train")
        summed = json.loads(inspected(folder, "--summary"))
        ids.add(summed["run_id"])
        assert summed["state"] == "finished"
        kept = summed["config"]  # W&B leaves an empty map out
        assert {key: kept.get(key, {}) for key in result.config} == result.config
        assert f"loss={summed['config']['choices']['loss']},seed={summed['config']['seed']}" == folder.name
        assert summed["config"]["config_hash"] == result.config_hash
        steps = [record["history"]["item"] for record in records if record["type"] == "history"]
        assert sum("train/loss" in item for item in steps) == 1  # one epoch, and one test
        assert sum("test/accuracy" in item for item in steps) == 1
        assert summed["summary"]["test/accuracy"] == pytest.approx(result.metrics["test/accuracy"])
    assert len(ids) == 4


def test_joblibs_jobs_end_with_a_launcher_that_is_killed(tmp_path):
    folder = tmp_path / "sweeps" / "x"
    long = [*TINY, "seed=0,1", "trainer.max_epochs=500", "sweep_name=x"]
    job = start(*TRAIN, "-m", *long, "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", FER_LOGS=str(tmp_path))
    last = [folder / f"seed={seed}" / "checkpoints" / "last.ckpt" for seed in (0, 1)]
    deadline = time.monotonic() + PATIENCE
    while not all(path.exists() for path in last):
        assert time.monotonic() < deadline, "no first epoch"
        assert job.poll() is None, job.communicate()[1]
        time.sleep(0.2)
    os.kill(job.pid, signal.SIGKILL)
    said = [folder / f"seed={seed}" / "output.log" for seed in (0, 1)]
    while not all("to go on" in path.read_text() for path in said):  # each has saved its state
        assert time.monotonic() < deadline, [path.read_text()[-300:] for path in said]
        time.sleep(0.2)
    assert not any((folder / f"seed={seed}" / "result.json").exists() for seed in (0, 1))
