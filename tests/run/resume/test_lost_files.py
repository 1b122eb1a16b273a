"""A resume of a run that has lost a file: it goes on where the rest is enough, and says what to run where it is not."""

from __future__ import annotations

import json
import os
import shutil
import signal

import pytest
import torch
from support import TINY, call

from fer_lightning.commands import train
from fer_lightning.errors import FerError
from fer_lightning.results.result import read
from fer_lightning.run.resume import saved_job
from fer_lightning.run.resume.previous_progress import read_metric_rows
from fer_lightning.training.callbacks.reseed import Reseed

ONE_EPOCH = [*TINY, "trainer.max_epochs=1", "trainer=cpu"]


@pytest.fixture(scope="module", params=[[], ["callbacks=ema"]], ids=["plain", "ema"])
def whole(request, tmp_path_factory):
    """A run whose last epoch is its best, for it has one."""
    folder = tmp_path_factory.mktemp("whole")
    assert call(train.main, *ONE_EPOCH, *request.param, f"hydra.run.dir={folder}") == 0
    return folder


@pytest.fixture
def killed(whole, tmp_path):
    """As left by a kill between the last epoch and the test."""
    folder = shutil.copytree(whole, tmp_path / "killed")
    (folder / "result.json").unlink()
    return folder


DAMAGE = {
    "gone": lambda path: path.unlink(),
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_lost_best_checkpoint_is_written_again_where_the_last_epoch_is_the_best(whole, killed, damage, capfd):
    best = killed / "checkpoints" / "best.ckpt"
    damage(best)
    assert call(train.main, f"resume={killed}") == 0
    err = capfd.readouterr().err
    assert f"best checkpoint={best}: " in err
    assert "Written again from last.ckpt, which holds the best epoch" in err
    assert read(killed).metrics == read(whole).metrics
    weights = [
        torch.load(run / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"] for run in (killed, whole)
    ]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[1])


@pytest.mark.parametrize("why", ["another epoch", "another score", "mid-epoch"])
def test_where_the_best_epoch_is_lost_the_resume_says_what_to_run(killed, why, capfd):
    best, last = (killed / "checkpoints" / name for name in ("best.ckpt", "last.ckpt"))
    saved = torch.load(last, weights_only=True)
    (epoch,) = saved["callbacks"]["Record"]["epochs"]
    if why == "another epoch":
        saved["callbacks"]["Record"]["epochs"].append(
            {**epoch, "epoch": 1, "val/accuracy": epoch["val/accuracy"] - 0.1}
        )
        saved["epoch"] = 1
    elif why == "another score":
        epoch["val/accuracy"] += 0.1
    else:
        saved["callbacks"]["Interrupt"] = {"batches": 2, "processes": []}
    torch.save(saved, last)
    best.unlink()
    before = {path.name for path in killed.iterdir()}
    assert call(train.main, f"resume={killed}", "trainer.max_epochs=4") == 1
    err = capfd.readouterr().err
    assert f"error: best checkpoint={best}: no such file" in err
    assert f"Start it anew with: fer-train {' '.join(ONE_EPOCH)}" in err
    assert f"hydra.run.dir={killed}\n" in err
    assert f"init_from={last}" in err
    assert "Traceback" not in err
    assert {path.name for path in killed.iterdir()} == before


def test_a_damaged_last_checkpoint_says_what_to_run(killed, capfd):
    last = killed / "checkpoints" / "last.ckpt"
    os.truncate(last, 1000)
    assert call(train.main, f"resume={killed}") == 1
    err = capfd.readouterr().err
    assert f"error: resume={last}: cut off" in err
    assert "Start it anew with: fer-train" in err
    assert f"init_from={killed / 'checkpoints' / 'best.ckpt'}" in err


WHOLE = "epoch,lr,val/loss\n0,1,\n0,,1.5\n1,1,\n1,,1.25\n"


@pytest.mark.parametrize(
    ("content", "kept", "told"),
    [
        (WHOLE, [0, 0, 1, 1], None),
        (None, [], "nothing of epoch 1, 2 is kept"),
        ("", [], "nothing of epoch 1, 2 is kept"),
        (WHOLE.replace("epoch,", "\0poch,"), [], "nothing of epoch 1, 2 is kept"),
        (WHOLE.replace("1,1,\n1,,1.25", "\0\xff,1,\n1,,1.25"), [0, 0, 1], "not every row is kept"),
        (WHOLE.replace("\n1,1,\n", "\n1,1,2,3\n"), [0, 0, 1], "not every row is kept"),
        (WHOLE[:-6], [0, 0, 1], "not every row is kept"),
        (WHOLE.split("1,1")[0], [0, 0], "nothing of epoch 2 is kept"),
        (WHOLE.replace("0,,1.5", '0,,"1.5'), [0], "nothing of epoch 2 is kept"),
        (WHOLE + '2,1,"' + "x" * 200_000 + "\n", [0, 0, 1, 1], "not every row is kept"),
    ],
)
def test_rows_that_metrics_csv_has_lost_are_told(tmp_path, content, kept, told, caplog):
    path = tmp_path / "metrics.csv"
    if content is not None:
        path.write_bytes(content.encode("latin1"))
    rows = read_metric_rows(path, 2)
    assert [int(row["epoch"]) for row in rows] == kept
    assert (told or "") in caplog.text
    assert bool(caplog.records) is (told is not None)


def wandb_ids(folder):
    """Reads the run id of each `offline-run-<time>-<id>`; W&B appends `-1` to a second one within the same second."""
    return [run.name.split("-")[3] for run in folder.glob("wandb/offline-run-*")]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["resume", "the same command"])
def test_a_run_that_was_stopped_in_its_first_epoch_goes_on_in_its_wandb_run(how, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    words = [*ONE_EPOCH, "logger=wandb", f"hydra.run.dir={folder}"]
    with monkeypatch.context() as patch:
        patch.setattr(Reseed, "on_train_epoch_start", lambda *_: os.kill(os.getpid(), signal.SIGTERM))
        assert call(train.main, *words) == 143
    assert not (folder / "checkpoints" / "last.ckpt").exists()
    assert call(train.main, *([f"resume={folder}"] if how == "resume" else words)) == 0
    ids = wandb_ids(folder)
    assert len(ids) == 2
    assert len(set(ids)) == 1
    assert call(train.main, *words) == 0  # a new run, for this one is complete
    (other,) = wandb_ids(folder)
    assert other not in ids


WRONG = [
    (key, value) for key in saved_job.TYPES for value in (7, "x", []) if not isinstance(value, saved_job.TYPES[key])
]


@pytest.mark.parametrize(
    ("key", "value"),
    [*WRONG, ("started", "yesterday"), ("config", {}), ("config", {"model": {}}), ("choices", {})],
)
def test_a_job_that_is_not_as_training_writes_it_is_refused_in_one_line(whole, tmp_path, key, value):
    content = json.loads((whole / saved_job.FILE_NAME).read_text())
    (tmp_path / saved_job.FILE_NAME).write_text(json.dumps({**content, key: value}))
    with pytest.raises(FerError, match=r"job\.json is not as fer-train writes it: start the run anew"):
        saved_job.load(tmp_path)
