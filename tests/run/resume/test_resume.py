"""`fer-train resume=DIR` as a user types it, inside this process."""

from __future__ import annotations

import csv
import json
import os
import shutil
import signal

import pytest
from support import TINY, call

from fer_lightning.commands import evaluate, train
from fer_lightning.results.result import read
from fer_lightning.run import train as train_run
from fer_lightning.run.artifacts import test_artifacts
from fer_lightning.run.resume.previous_progress import read_metric_rows
from fer_lightning.run.tracking import trackers
from fer_lightning.training.callbacks.prediction_collector import PredictionCollector
from fer_lightning.training.callbacks.reseed import Reseed

EPOCHS = 3


def cut(folder, monkeypatch, *overrides, epoch=1):
    """A run that got SIGTERM when an epoch began; returns its exit code."""
    start = Reseed.on_train_epoch_start

    def kill(self, trainer, module):
        start(self, trainer, module)
        if trainer.current_epoch == epoch:
            os.kill(os.getpid(), signal.SIGTERM)

    with monkeypatch.context() as patch:
        patch.setattr(Reseed, "on_train_epoch_start", kill)
        return call(train.main, *overrides, *TINY, f"trainer.max_epochs={EPOCHS}", f"hydra.run.dir={folder}")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    assert call(train.main, *TINY, f"trainer.max_epochs={EPOCHS}", f"hydra.run.dir={folder}") == 0
    return folder


@pytest.fixture
def interrupted(tmp_path, monkeypatch, capfd):
    folder = tmp_path / "a run, =1"  # what a shell and Hydra's grammar stumble over
    assert cut(folder, monkeypatch) == 128 + signal.SIGTERM
    capfd.readouterr()
    return folder


def metrics(folder):
    with (folder / "metrics.csv").open() as stream:
        return [{key: value for key, value in row.items() if value} for row in csv.DictReader(stream)]


def test_the_end_of_a_stopped_run_says_what_there_is_and_how_to_go_on(tmp_path, monkeypatch, capfd):
    assert cut(tmp_path, monkeypatch, epoch=2) == 143
    out, err = capfd.readouterr()
    assert "SIGTERM: ended after 2 of 3 epochs of training\n" in err
    assert f"to go on      fer-train resume={tmp_path}\n" in err
    best = max(row for row in read_curve(tmp_path))
    assert f"best so far   epoch {1 + [*read_curve(tmp_path)].index(best)}, val/accuracy {best:.4f}\n" in err
    assert "error" not in err
    assert "Traceback" not in err
    assert out == ""
    left = {path.name for path in tmp_path.iterdir()}
    assert {"job.json", "learning_curves.png", "metrics.csv", "checkpoints"} <= left
    assert not {"result.json", "confusion_matrix.csv", "predictions.parquet"} & left


def read_curve(folder):
    return [float(row["val/accuracy"]) for row in metrics(folder) if "val/accuracy" in row]


def test_it_ends_as_the_uninterrupted_run_in_the_same_folder(whole, interrupted, capfd):
    assert call(train.main, f"resume={interrupted}") == 0
    expected, result = read(whole), read(interrupted)
    assert result.metrics == expected.metrics
    assert result.confusion_matrix == expected.confusion_matrix
    assert result.config_hash == expected.config_hash
    assert result.resumed_from_epoch == 1
    assert expected.resumed_from_epoch is None
    assert metrics(interrupted) == metrics(whole)
    assert result.files == expected.files
    assert (interrupted / ".hydra" / "overrides.yaml").read_text() == (whole / ".hydra" / "overrides.yaml").read_text()
    assert {path.name for path in interrupted.parent.iterdir()} == {interrupted.name}
    assert "resuming after 1 epochs" in capfd.readouterr().err


def test_a_run_that_was_killed_in_its_first_epoch_begins_anew(whole, interrupted, capfd):
    (interrupted / "checkpoints" / "last.ckpt").unlink()
    assert call(train.main, f"resume={interrupted}") == 0
    assert "holds no last.ckpt" in capfd.readouterr().err
    result = read(interrupted)
    assert result.metrics == read(whole).metrics
    assert result.resumed_from_epoch == 0
    assert metrics(interrupted) == metrics(whole)


def test_a_folder_that_was_moved_goes_on_from_any_working_folder(whole, interrupted, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(interrupted, elsewhere / "moved")
    monkeypatch.chdir(elsewhere)
    assert call(train.main, "resume=moved") == 0
    result = read(elsewhere / "moved")
    assert result.metrics == read(whole).metrics
    assert str(interrupted) not in json.dumps(result.config)
    assert not interrupted.exists()


def test_a_finished_run_goes_on_only_for_more_epochs(whole, tmp_path, capfd):
    folder = shutil.copytree(whole, tmp_path / "longer")
    assert call(train.main, f"resume={folder}") == 1
    assert f"this run is complete, see its result.json; to train longer, raise trainer.max_epochs={EPOCHS}" in (
        capfd.readouterr().err
    )
    assert call(train.main, f"resume={folder}", "trainer.max_epochs=5") == 0
    result = read(folder)
    assert (result.config["trainer"]["max_epochs"], result.resumed_from_epoch) == (5, EPOCHS)
    assert [row["epoch"] for row in metrics(folder) if "train/loss" in row] == list("01234")


def test_a_run_whose_result_is_damaged_is_tested_anew(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "damaged")
    (folder / "result.json").write_text("{")
    assert call(train.main, f"resume={folder}") == 0
    assert read(folder).metrics == read(whole).metrics


def test_another_logger_may_follow_the_rest(interrupted):
    assert call(train.main, f"resume={interrupted}", "logger=none") == 0
    result = read(interrupted)
    assert result.choices["logger"] == "none"
    assert result.config["logger"] == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["optimizer.lr=0.1"], "optimizer.lr=0.1: resume={run} resumes the run with its original config"),
        (["-m"], "resumes one run: leave out -m"),
        (
            ["+trainer.foo=1"],
            "logger and the places of its data, such as data.faces.dir, may change",
        ),
        (["trainer.max_epochs=0"], "trainer.max_epochs=0: the run in {run} has 1 epochs behind it; choose at least as"),
    ],
)
def test_what_a_resume_cannot_change_is_refused(interrupted, capfd, arguments, message):
    before = sorted((path, path.stat().st_mtime_ns) for path in interrupted.rglob("*"))
    assert call(train.main, f"resume={interrupted}", *arguments) == 1
    assert message.format(run=interrupted) in capfd.readouterr().err
    assert sorted((path, path.stat().st_mtime_ns) for path in interrupted.rglob("*")) == before


@pytest.mark.parametrize("name", ["nothing", "a=1, (it's) é", "[b]", "5"])
def test_a_folder_that_is_not_there_is_named_as_typed(tmp_path, capfd, name):
    assert call(train.main, f"resume={tmp_path}/{name}") == 1
    assert f"resume={tmp_path}/{name}: the folder does not exist" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_the_home_of_nobody_is_told(capfd):
    assert call(train.main, "resume=~noone/run") == 1
    assert "error: resume=~noone/run: ~noone is the home folder of nobody here" in capfd.readouterr().err


def test_folders_that_hold_no_run(tmp_path, capfd):
    assert call(train.main, f"resume={tmp_path}") == 1
    assert "has no job.json" in capfd.readouterr().err
    (tmp_path / "job.json").write_text('{"config": ')
    assert call(train.main, f"resume={tmp_path}") == 1
    assert "job.json is no whole JSON file" in capfd.readouterr().err
    (tmp_path / "job.json").write_text("[]")
    assert call(train.main, f"resume={tmp_path}") == 1
    assert "job.json is not as fer-train writes it" in capfd.readouterr().err


def test_a_damaged_checkpoint_is_named(interrupted, capfd):
    last = interrupted / "checkpoints" / "last.ckpt"
    last.write_bytes(last.read_bytes()[:1000])
    assert call(train.main, f"resume={interrupted}") == 1
    assert f"{last}: cut off" in capfd.readouterr().err


def test_a_schedule_that_was_shaped_for_its_length_is_not_stretched(tmp_path, monkeypatch, capfd):
    assert cut(tmp_path, monkeypatch, "scheduler=one_cycle") == 143
    assert call(train.main, f"resume={tmp_path}", "trainer.max_epochs=9") == 1
    assert "trainer.max_epochs=9: scheduler=one_cycle was shaped for 3 epochs" in capfd.readouterr().err


def test_rows_of_a_broken_off_epoch_are_not_kept(tmp_path, caplog):
    (tmp_path / "metrics.csv").write_text("epoch,val/loss\n0,1.5\n1,1.25\n2,1\n")
    assert [row["val/loss"] for row in read_metric_rows(tmp_path / "metrics.csv", 2)] == ["1.5", "1.25"]
    assert caplog.text == ""


def test_a_new_run_in_an_old_folder_takes_nothing_over(whole, tmp_path):
    folder = shutil.copytree(whole, tmp_path / "again")
    assert call(train.main, *TINY, "seed=5", "trainer.max_epochs=1", f"hydra.run.dir={folder}") == 0
    result = read(folder)
    assert (result.seed, result.resumed_from_epoch) == (5, None)
    assert [row["epoch"] for row in metrics(folder) if "train/loss" in row] == ["0"]


def test_ctrl_c_in_the_test_leaves_it_to_the_resume(whole, tmp_path, monkeypatch, capfd):
    with monkeypatch.context() as patch:
        patch.setattr(PredictionCollector, "on_test_start", lambda *_: os.kill(os.getpid(), signal.SIGINT))
        code = call(train.main, *TINY, f"trainer.max_epochs={EPOCHS}", f"hydra.run.dir={tmp_path}")
    assert code == 130
    assert "SIGINT: ended after 3 of 3 epochs of training\n" in capfd.readouterr().err
    assert not (tmp_path / "result.json").exists()
    assert call(train.main, f"resume={tmp_path}") == 0
    assert read(tmp_path).metrics == read(whole).metrics


def test_relative_roots_and_another_working_folder(whole, tmp_path, monkeypatch):
    for name in ("FER_DATA", "FER_LOGS"):
        monkeypatch.delenv(name)  # then they are `data` and `logs`, which are also words of the config
    (tmp_path / "one").mkdir()
    monkeypatch.chdir(tmp_path / "one")
    assert cut("logs/run", monkeypatch) == 143
    monkeypatch.chdir(tmp_path)
    assert call(train.main, "resume=one/logs/run") == 0
    result = read(tmp_path / "one" / "logs" / "run")
    assert result.metrics == read(whole).metrics
    assert result.config["paths"]["data_dir"] == str(tmp_path / "one" / "data")
    assert result.choices["data"] == "synthetic"
    assert {path.name for path in tmp_path.iterdir()} == {"one"}


def test_sigterm_in_the_test_has_its_exit_code(whole, tmp_path, monkeypatch, capfd):
    with monkeypatch.context() as patch:
        patch.setattr(PredictionCollector, "on_test_start", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        code = call(train.main, *TINY, f"trainer.max_epochs={EPOCHS}", f"hydra.run.dir={tmp_path}")
    assert code == 143
    assert f"fer-train resume={tmp_path}" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("place", "signum"),
    [
        ("write_predictions", signal.SIGTERM),
        ("draw_visualizations", signal.SIGUSR1),
        ("draw_visualizations", signal.SIGINT),
    ],
)
def test_a_signal_after_the_test_ends_at_once_and_a_resume_tests_again(whole, signum, place, tmp_path, capfd):
    folder = shutil.copytree(whole, tmp_path / "run")
    (folder / "result.json").unlink()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(test_artifacts, place, lambda *_: os.kill(os.getpid(), signum))
        # the next come while it says what it leaves
        patch.setattr(train_run, "draw_curves", lambda *_: [os.kill(os.getpid(), signal.SIGTERM) for _ in range(9)])
        assert call(train.main, f"resume={folder}") == 128 + signum
    err = capfd.readouterr().err
    assert "Traceback" not in err
    assert f"ended after {EPOCHS} of {EPOCHS} epochs of training" in err
    assert f"fer-train resume={folder}" in err
    assert not (folder / "result.json").exists()
    if signum == signal.SIGTERM:
        assert call(train.main, f"resume={folder}") == 0
        assert read(folder).metrics == read(whole).metrics


def test_a_signal_after_the_result_is_written_changes_nothing(whole, tmp_path, capfd, monkeypatch):
    folder = shutil.copytree(whole, tmp_path / "run")
    (folder / "result.json").unlink()
    monkeypatch.setattr(trackers, "publish", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    assert call(train.main, f"resume={folder}") == 0
    out, err = capfd.readouterr()
    assert "SIGTERM came after the result was written; trackers may lack a part of it" in err
    assert "accuracy" in out
    assert read(folder).metrics == read(whole).metrics


@pytest.mark.parametrize("place", ["draw_test", "write_predictions"])
def test_a_signal_ends_a_test_of_fer_eval_at_once(whole, place, tmp_path, capfd, monkeypatch):
    monkeypatch.setattr(test_artifacts, place, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    words = [f"ckpt={whole}/checkpoints/best.ckpt", "data=synthetic", *TINY, f"hydra.run.dir={tmp_path}"]
    before = signal.getsignal(signal.SIGTERM)
    assert call(evaluate.main, *words) == 143
    assert signal.getsignal(signal.SIGTERM) is before
    err = capfd.readouterr().err
    assert "SIGTERM: ended before the result of the test was written; start it again" in err
    assert "Traceback" not in err
    assert not (tmp_path / "result.json").exists()


def test_the_exit_code_of_a_signal_does_not_depend_on_the_switch_for_tracebacks(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("HYDRA_FULL_ERROR", "1")
    assert cut(tmp_path, monkeypatch) == 143
    assert "Traceback" not in capfd.readouterr().err


def test_a_run_may_start_from_the_weights_that_lie_in_its_folder(whole, tmp_path, capfd):
    folder = shutil.copytree(whole, tmp_path / "again")
    last = folder / "checkpoints" / "last.ckpt"
    assert call(train.main, *TINY, "debug=fast", f"init_from={last}", f"hydra.run.dir={folder}") == 0
    assert "tensors loaded" in capfd.readouterr().err
    aside = tmp_path / f"again.{read(whole).config_hash}"
    assert read(aside).metrics == read(whole).metrics
    # where it is now: a resume of a run that was killed in its first epoch reads it again
    assert read(folder).config["init_from"] == str(aside / "checkpoints" / "last.ckpt")
    assert json.loads((folder / "job.json").read_text())["config"]["init_from"] == read(folder).config["init_from"]


def test_an_evaluation_is_no_run_to_resume(whole, tmp_path, capfd):
    ckpt = whole / "checkpoints" / "best.ckpt"
    assert call(evaluate.main, f"ckpt={ckpt}", "data=synthetic", *TINY, f"hydra.run.dir={tmp_path}") == 0
    assert call(train.main, f"resume={tmp_path}") == 1
    assert "has no job.json" in capfd.readouterr().err


def test_a_resume_is_typed_and_its_flags_are_no_overrides(interrupted, tmp_path, capfd, monkeypatch):
    assert call(train.main, f"++resume='{interrupted}'", f"hydra.run.dir={tmp_path}/other") == 1
    assert "type it on the command line, as it stands here" in capfd.readouterr().err
    monkeypatch.setenv("HOME", str(interrupted.parent))
    assert call(train.main, f"resume=~/{interrupted.name}", "--cfg", "job") == 0
    assert "max_epochs" in capfd.readouterr().out
