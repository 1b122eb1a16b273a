"""Covers run/tracking/trackers.py, code_version.py and conf/logger/: several loggers, TensorBoard, W&B's door."""

from __future__ import annotations

import csv
import subprocess
import time

import cv2
import numpy as np
import pytest
import wandb
from support import TINY, call
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from wandb.sdk import wandb_setup

import fer_lightning
from fer_lightning.commands import train as command
from fer_lightning.errors import FerError
from fer_lightning.run.build import make
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.tracking import trackers
from fer_lightning.run.tracking.code_version import get_code_version
from fer_lightning.run.train import train

KEY = "0" * 40
NOWHERE = "http://127.0.0.1:9"  # no server listens there


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tensorboard")
    return folder, train(compose_job([*TINY, "logger=tensorboard", "trainer.max_epochs=2"], folder))


@pytest.fixture(scope="module")
def events(finished):
    """TensorBoard's own reading of the folder."""
    accumulator = EventAccumulator(str(finished[0]), size_guidance={"images": 0, "scalars": 0})
    accumulator.Reload()
    return accumulator


@pytest.fixture
def online(monkeypatch, tmp_path):
    """As on a machine where nobody has set W&B to offline, and where no key lies."""
    settings = wandb_setup.singleton().settings  # W&B reads the environment here, once
    for name in ("WANDB_MODE", "WANDB_API_KEY", "WANDB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("WANDB_HTTP_TIMEOUT", "1")
    monkeypatch.setattr(settings, "mode", "online")
    monkeypatch.setattr(settings, "base_url", NOWHERE)


def test_a_mode_that_wandb_does_not_know_is_told_before_anything_is_read(monkeypatch):
    monkeypatch.setattr(wandb_setup, "_singleton", None)  # as in a new process: W&B reads the environment once
    monkeypatch.setenv("WANDB_MODE", "ofline")
    node = {"_target_": "fer_lightning.run.tracking.wandb_logger.RunLogger", "offline": True}
    with pytest.raises(FerError, match=r"^WANDB_MODE=ofline: Input should be 'online', 'offline', .*; set it so"):
        trackers.check_account({"wandb": node})


def test_events_lie_beside_metrics_csv(finished):
    folder, _ = finished
    assert list(folder.glob("events.out.tfevents.*"))
    assert not list(folder.glob("*/events.out.tfevents.*"))
    assert not list(folder.glob("version_*"))
    assert "optimizer.lr: 0.002" in (folder / "hparams.yaml").read_text()


def test_scalars_are_those_of_metrics_csv(finished, events):
    with (finished[0] / "metrics.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    names = [name for name in rows[0] if name.startswith(("train/", "val/", "test/"))]
    assert {"train/loss", "val/accuracy", "test/macro_f1", "test/recall/happy"} <= set(names)
    for name in names:
        ours = np.array([(int(row["step"]), float(row[name])) for row in rows if row[name]])
        theirs = np.array([(point.step, point.value) for point in events.Scalars(name)])
        np.testing.assert_allclose(theirs, ours, rtol=1e-6, err_msg=name)


def test_figures_are_shown_as_drawn(finished, events):
    folder, result = finished
    drawn = {path.removesuffix(".png") for path in result.files.values() if path.endswith(".png")}
    assert {f"figures/{name}" for name in drawn} == set(events.Tags()["images"])
    for name in drawn:
        (image,) = events.Images(f"figures/{name}")
        shown = cv2.imdecode(np.frombuffer(image.encoded_image_string, np.uint8), cv2.IMREAD_COLOR)
        np.testing.assert_array_equal(shown, cv2.imread(str(folder / f"{name}.png")))


def test_hyperparameters_stand_beside_the_chosen_checkpoints_metrics(finished, events):
    _, result = finished
    for name in ("val/accuracy", "test/accuracy"):
        (point,) = events.Scalars(f"best/{name}")
        assert point.value == pytest.approx(result.metrics[name], rel=1e-6)
    session = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    assert b"optimizer.lr" in session
    assert b"cross_entropy" in session


def test_a_second_run_in_the_folder_replaces_the_curves_and_a_resumed_one_adds_to_them(tmp_path):
    job = compose_job(["logger=tensorboard"], tmp_path)
    (tmp_path / "events.out.tfevents.1.host.1.0").write_bytes(b"old")
    for resumed, kept in ((True, ["events.out.tfevents.1.host.1.0"]), (False, [])):
        object.__setattr__(job, "resumed", resumed)
        logger = make("logger.tensorboard", job.config["logger"]["tensorboard"])
        trackers.begin([logger], job, ["happy"])
        assert [path.name for path in tmp_path.glob("events*")] == kept
        trackers.close([logger], failed=True)


def test_events_that_several_runs_share_are_left_alone(tmp_path):
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "events.out.tfevents.1.host.1.0").write_bytes(b"another run's")
    job = compose_job(["logger=tensorboard", f"logger.tensorboard.save_dir={shared}"], tmp_path / "run")
    trackers.begin([make("logger.tensorboard", job.config["logger"]["tensorboard"])], job, ["happy"])
    assert list(shared.iterdir())


def test_several_loggers_at_once(tmp_path):
    config = compose_job(["logger=[wandb,tensorboard]"], tmp_path).config["logger"]
    assert list(config) == ["csv", "wandb", "tensorboard"]


def test_a_figure_that_cannot_be_read_is_a_warning(finished, tmp_path, caplog):
    _, result = finished
    (tmp_path / "checkpoints").mkdir()
    job = compose_job(["logger=tensorboard"], tmp_path)
    logger = make("logger.tensorboard", job.config["logger"]["tensorboard"])
    trackers.publish([logger], job, result, tmp_path)  # the folder holds no figure
    trackers.close([logger], failed=False)
    assert f"TensorBoard: not all of the result is there, but it is in {tmp_path}" in caplog.text


def test_without_a_key_the_command_says_what_to_do(online, tmp_path, capfd):
    began = time.perf_counter()
    assert call(command.main, *TINY, "logger=wandb", f"hydra.run.dir={tmp_path}/run") == 1
    err = capfd.readouterr().err
    assert "error: logger.wandb: W&B knows no API key here; log in with `wandb login`, set WANDB_MODE=offline" in err
    assert err.count("error: ") == 1
    assert time.perf_counter() - began < 10
    assert not (tmp_path / "run" / "wandb").exists()


def test_without_an_answer_it_says_so_in_seconds(online, monkeypatch, tmp_path):
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    began = time.perf_counter()
    with pytest.raises(FerError, match=rf"logger\.wandb: .*{NOWHERE}.*; log in with `wandb login`, set WANDB_MODE="):
        trackers.check_account(compose_job(["logger=wandb"], tmp_path).config["logger"])
    assert time.perf_counter() - began < 10


@pytest.mark.parametrize("logger", ["csv", "none", "tensorboard"])
def test_other_loggers_ask_nobody(online, tmp_path, logger, monkeypatch):
    asked = []
    monkeypatch.setattr(wandb, "login", lambda **how: asked.append(how))
    trackers.check_account(compose_job([f"logger={logger}"], tmp_path).config["logger"])
    assert asked == []


def test_only_wandbs_nodes_take_the_id_and_a_users_own_stays(tmp_path):
    config = compose_job(["logger=[wandb,tensorboard]"], tmp_path).config["logger"]
    assert trackers.continue_wandb_run(config, None) == config
    assert trackers.continue_wandb_run(config, "abc") == {**config, "wandb": {**config["wandb"], "id": "abc"}}
    named = compose_job(["logger=wandb", "logger.wandb.id=mine"], tmp_path).config["logger"]
    assert trackers.continue_wandb_run(named, "abc")["wandb"]["id"] == "mine"


def git(folder, *arguments):
    who = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    done = subprocess.run(["git", "-C", str(folder), *who, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_the_code_is_a_commit_and_dirty_once_the_package_changes(tmp_path, monkeypatch):
    package = tmp_path / "fer_lightning"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.setattr(fer_lightning, "__file__", str(package / "__init__.py"))
    assert set(get_code_version()) == {"version"}
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    clean = {"version": get_code_version()["version"], "commit": git(tmp_path, "rev-parse", "HEAD"), "dirty": False}
    assert get_code_version() == clean
    (tmp_path / "notes.md").write_text("no code")
    assert get_code_version() == clean
    (package / "new.py").write_text("")
    assert get_code_version() == {**clean, "dirty": True}


def test_the_commit_of_a_project_around_the_environment_is_not_ours(tmp_path, monkeypatch):
    package = tmp_path / ".venv" / "site-packages" / "fer_lightning"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-qm", "theirs", "--allow-empty")
    monkeypatch.setattr(fer_lightning, "__file__", str(package / "__init__.py"))
    assert set(get_code_version()) == {"version"}
