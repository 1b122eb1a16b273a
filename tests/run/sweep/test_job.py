"""One job seen from its launcher; its process is played."""

from __future__ import annotations

import json
import re
import shlex
import signal
import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest

from fer_lightning.results.result import config_hash
from fer_lightning.results.sweep import DONE, FAILED, PLANNED, RUNNING
from fer_lightning.run.artifacts.folder_lock import lock_folder
from fer_lightning.run.config.compose import compose_job, to_plain
from fer_lightning.run.sweep import job as jobs
from fer_lightning.run.sweep import state


def result(folder, cfg, value=0.5):
    folder.mkdir(exist_ok=True)
    content = {"config": to_plain(cfg), "metrics": {"val/accuracy": value}}
    (folder / "result.json").write_text(json.dumps(content))


@pytest.fixture
def cfg(composed):
    return composed("seed=0")


@pytest.fixture
def folder(sweep_dir):
    return sweep_dir / "seed=0"


@pytest.fixture
def child(monkeypatch):
    """Plays the job's process: `child.does` is called in its place, `child.calls` holds what it was given."""

    played = SimpleNamespace(calls=[], does=lambda log: 0)

    def run_subprocess(module, arguments, log, variables):
        assert module == "fer_lightning.commands.train"
        played.calls.append((arguments, variables))
        return played.does(log)

    monkeypatch.setattr(jobs, "run_subprocess", run_subprocess)
    return played


def written(sweep_dir, name="seed=0"):
    return next(job for job in state.read(sweep_dir).jobs if job.name == name)


def test_a_job_that_ends_well_is_done_with_its_value(cfg, child, sweep_dir, folder):
    def does(log):
        assert log == folder / "output.log"
        assert written(sweep_dir).state == RUNNING
        result(folder, cfg, 0.75)
        return 0

    child.does = does
    assert jobs.run_job(cfg) == 0.75
    done = written(sweep_dir)
    assert (done.state, done.value, done.error) == (DONE, 0.75, "")
    assert done.seconds >= 0
    assert written(sweep_dir, "seed=1").state == PLANNED
    ((arguments, variables),) = child.calls
    assert arguments == ["seed=0", 'sweep_name="my sweep"', f'hydra.run.dir="{folder}"', "hydra.mode=RUN"]
    assert variables == {}
    assert shlex.split(done.command) == ["fer-train", *arguments]


def test_what_is_done_is_not_done_again(cfg, child, sweep_dir, folder):
    before = replace(written(sweep_dir), command="fer-train x", seconds=3.0, state=FAILED, error="old")
    state.update(sweep_dir, lambda found: found.with_job(before))
    result(folder, cfg)
    assert jobs.run_job(cfg) == 0.5
    assert child.calls == []
    assert written(sweep_dir) == replace(before, state=DONE, value=0.5, error="", overrides=["seed=0"])


def test_what_another_config_has_done_moves_aside(composed, child, sweep_dir, folder):
    old = composed("seed=0", "optimizer.lr=0.5")
    result(folder, old)
    cfg = composed("seed=0")
    child.does = lambda log: result(folder, cfg, 0.25) or 0
    assert jobs.run_job(cfg) == 0.25
    aside = sweep_dir / f"seed=0.{config_hash(to_plain(old))}"
    assert json.loads((aside / "result.json").read_text())["metrics"] == {"val/accuracy": 0.5}


def test_what_changes_no_figure_moves_nothing(composed, child, folder):
    result(folder, composed("seed=0"))
    assert jobs.run_job(composed("seed=0", "logger=tensorboard", "data.num_workers=1", "trainer.devices=auto")) == 0.5
    assert child.calls == []


def test_a_half_trained_job_is_resumed(cfg, child, folder):
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "last.ckpt").write_bytes(b"weights")
    (folder / "job.json").write_text(json.dumps({"config": to_plain(cfg)}))
    jobs.run_job(cfg)
    ((arguments, _),) = child.calls
    assert arguments == [f'resume="{folder}"', "hydra.mode=RUN"]


def test_a_half_trained_job_reads_its_data_where_the_sweep_says_that_they_lie(composed, child, folder, tmp_path):
    cfg = composed("data=folder", "seed=0", f"data.faces.dir={tmp_path}/new", f"paths.data_dir={tmp_path}")
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "last.ckpt").write_bytes(b"weights")
    (folder / "job.json").write_text(json.dumps({"config": to_plain(cfg)}))
    jobs.run_job(cfg)
    ((arguments, _),) = child.calls
    places = [f"data.faces.dir={tmp_path}/new", f"paths.data_dir={tmp_path}"]
    assert arguments == [*places, f'resume="{folder}"', "hydra.mode=RUN"]


def test_a_broken_result_is_run_anew_and_not_resumed(cfg, child, folder):
    # a resume would say that the run is complete
    (folder / "checkpoints").mkdir(parents=True)
    (folder / "checkpoints" / "last.ckpt").write_bytes(b"weights")
    (folder / "job.json").write_text(json.dumps({"config": to_plain(cfg)}))
    (folder / "result.json").write_text('{"config_hash": ')
    jobs.run_job(cfg)
    ((arguments, _),) = child.calls
    assert "seed=0" in arguments


@pytest.mark.parametrize(
    ("code", "how"),
    [(1, "exit code 1"), (-11, "killed by signal 11"), (-9, "killed by signal 9 (out of memory?)"), (0, "exit code 0")],
)
def test_a_failure_is_written_down_with_the_last_lines_and_raises_nothing(cfg, child, sweep_dir, code, how):
    def does(log):
        log.write_text("\n".join(["first", *map(str, range(20)), "", "error: the last"]) + "\n")
        return code

    child.does = does
    assert jobs.run_job(cfg) is None
    failed = written(sweep_dir)
    assert failed.state == FAILED
    assert failed.error.splitlines()[-2:] == ["error: the last", how]
    assert failed.error.splitlines()[0] == "10"  # of the last twelve lines, and the empty one is not told
    assert failed.value is None
    assert shlex.split(failed.command)[:2] == ["fer-train", "seed=0"]


def test_a_failure_without_a_word_has_its_code(cfg, child, sweep_dir):
    child.does = lambda log: -signal.SIGSEGV
    jobs.run_job(cfg)
    assert written(sweep_dir).error == "killed by signal 11"


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2])
def test_a_job_that_was_asked_to_end_is_left_for_the_next_launch(cfg, child, sweep_dir, signum):
    child.does = lambda log: 128 + signum
    assert jobs.run_job(cfg) is None
    left = written(sweep_dir)
    assert (left.state, left.error) == (PLANNED, "")


def test_in_a_queue_such_a_job_waits_for_the_signal_that_queues_it_again(cfg, child, sweep_dir, monkeypatch):
    slept = []
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    monkeypatch.setattr(jobs.time, "sleep", slept.append)
    child.does = lambda log: 1
    jobs.run_job(cfg)
    assert slept == []
    child.does = lambda log: 128 + signal.SIGUSR2
    jobs.run_job(cfg)
    assert slept == [jobs.NOTICE]
    assert written(sweep_dir).state == PLANNED


def test_ctrl_c_leaves_the_job_planned_and_ends_the_sweep(cfg, child, sweep_dir):
    def does(log):
        raise KeyboardInterrupt

    child.does = does
    with pytest.raises(KeyboardInterrupt):
        jobs.run_job(cfg)
    assert written(sweep_dir).state == PLANNED
    assert not state.is_running(sweep_dir, "seed=0")


def test_ctrl_c_that_comes_after_the_result_leaves_the_job_done(cfg, child, sweep_dir, folder):
    def does(log):
        result(folder, cfg, 0.75)
        raise KeyboardInterrupt

    child.does = does
    with pytest.raises(KeyboardInterrupt):
        jobs.run_job(cfg)
    assert (written(sweep_dir).state, written(sweep_dir).value) == (DONE, 0.75)


def test_a_job_that_another_launch_has_in_hand_is_waited_for_and_its_entry_stays(cfg, child, sweep_dir, folder):
    values = []
    with state.get_job_lock(sweep_dir, "seed=0"):
        waiting = threading.Thread(target=lambda: values.append(jobs.run_job(cfg)))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive()
        result(folder, cfg)
        ended = replace(written(sweep_dir), state=DONE, value=0.5, command="fer-train x", seconds=3.0)
        state.update(sweep_dir, lambda found: found.with_job(ended))
    waiting.join(30)
    assert values == [0.5]
    assert child.calls == []
    assert written(sweep_dir) == replace(ended, overrides=["seed=0"])


def test_a_process_whose_launcher_was_killed_is_waited_for(cfg, child, folder):
    with lock_folder(folder):
        waiting = threading.Thread(target=lambda: jobs.run_job(cfg))
        waiting.start()
        waiting.join(0.3)
        assert child.calls == []
        result(folder, cfg)
    waiting.join(30)
    assert child.calls == []  # it has finished in the meantime


def test_the_sweeps_own_options_are_not_its_jobs(composed, child, sweep_dir):
    own = (
        "hydra.launcher.n_jobs=2",
        "hydra/launcher=joblib",
        "hydra.sweep.subdir=x",
        "hydra.sweeper.max_batch_size=1",
        "hydra.verbose=true",
    )
    jobs.run_job(composed("seed=0", hydra=own))
    ((arguments, _),) = child.calls
    assert [word for word in arguments if word.startswith("hydra")] == [
        "hydra.verbose=true",
        f'hydra.run.dir="{sweep_dir}/seed=0"',
        "hydra.mode=RUN",
    ]


@pytest.mark.parametrize(
    ("overrides", "named"),
    [(["seed=0"], "my sweep"), (["seed=0", "sweep_name=2026"], "2026"), (["seed=0", "sweep=seeds"], "my sweep")],
)
def test_every_job_knows_the_sweeps_name_as_a_text(composed, child, overrides, named):
    jobs.run_job(composed(*overrides))
    ((arguments, _),) = child.calls
    assert [word for word in arguments if word.startswith("sweep_name=")] == [f'sweep_name="{named}"']


def test_the_command_composes_the_job_that_the_sweep_asked_for(composed, child, sweep_dir, tmp_path):
    cfg = composed("seed=0", "loss=l1", "data.class_names=[happy,sad]")
    jobs.run_job(cfg)
    words = [word for word in shlex.split(written(sweep_dir).command)[1:] if not word.startswith("hydra")]
    job = compose_job(words, tmp_path)
    assert config_hash(job.config) == config_hash(to_plain(cfg))
    assert job.config["sweep_name"] == "my sweep"


def test_jobs_that_run_at_once_and_want_one_gpu_get_one(composed, child, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "5,7")
    at_once = ("hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    jobs.run_job(composed("seed=0", hydra=at_once))
    jobs.run_job(composed("seed=0", "trainer.devices=2", hydra=at_once))  # chooses its own
    jobs.run_job(composed("seed=0"))  # one after another: the whole machine
    assert [variables for _, variables in child.calls] == [{"CUDA_VISIBLE_DEVICES": "5"}, {}, {}]


def test_a_job_whose_config_cannot_be_resolved_is_left_to_its_own_process(composed, child, sweep_dir, tmp_path):
    child.does = lambda log: log.write_text("error: data.dir\n") and 1
    cfg = composed("seed=0", "data=ckplus", f"data.faces.dir={tmp_path}/nothing")
    assert jobs.run_job(cfg) is None
    assert re.match(r"error: data\.dir\nexit code 1", written(sweep_dir).error)
