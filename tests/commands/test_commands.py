"""The console commands as a user types them, inside this process."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import torch
from support import TINY, call

import fer_lightning
from fer_lightning.commands import evaluate, train
from fer_lightning.data.synthetic.read import draw_set
from fer_lightning.results.predictions import read as read_predictions
from fer_lightning.results.result import read
from fer_lightning.run.config.compose import list_options


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    assert call(train.main, *TINY, "trainer.max_epochs=2", "seed=3", f"hydra.run.dir={folder}/run") == 0
    return folder / "run"


def test_a_run_leaves_what_the_readme_promises(finished):
    names = {path.relative_to(finished).as_posix() for path in finished.rglob("*") if path.is_file()}
    assert names == {
        ".hydra/config.yaml", ".hydra/hydra.yaml", ".hydra/overrides.yaml", ".lock", "checkpoints/best.ckpt",
        "checkpoints/last.ckpt", "confusion_matrix.csv", "confusion_matrix.png", "faces.png", "job.json",
        "learning_curves.png", "metrics.csv", "predictions.parquet", "recalls.png", "reliability.png", "result.json",
        "split.csv", "steps.png", "train.log", "wrong_faces.png",
    }  # fmt: skip
    result = read(finished)
    assert (result.seed, result.protocol, result.world_size) == (3, "holdout", 1)
    assert result.choices["model"] == "cnn"
    assert "seed=3" in result.overrides
    assert result.config["trainer"]["max_epochs"] == 2
    assert set(result.files) == {
        "best", "last", "confusion_matrix", "confusion_matrix_figure", "faces", "learning_curves", "metrics",
        "predictions", "recalls", "reliability", "split", "steps", "wrong_faces",
    }  # fmt: skip
    assert sum(map(sum, result.confusion_matrix)) == result.counts["test"]
    assert sum(result.counts.values()) == 96
    low, high = result.intervals["test/accuracy"]
    assert low <= result.metrics["test/accuracy"] <= high
    assert result.timing["fit_images_per_second"] > 0
    with (finished / "confusion_matrix.csv").open() as stream:
        rows = list(csv.reader(stream))
    assert rows[0][1:] == result.class_names
    assert [[int(cell) for cell in row[1:]] for row in rows[1:]] == result.confusion_matrix


def test_the_predictions_are_those_that_were_counted(finished):
    result, kept = read(finished), read_predictions(finished / "predictions.parquet")
    counts = np.zeros((8, 8), dtype=int)
    np.add.at(counts, (kept.true, kept.predicted), 1)
    assert counts.tolist() == result.confusion_matrix
    assert list(kept.class_names) == result.class_names
    assert len(set(kept.ids)) == result.counts["test"]
    faces = draw_set(96, 10, 48, 0)
    place = {name: row for row, name in enumerate(faces.ids)}
    rows = [place[name] for name in kept.ids]
    assert [result.class_names[n] for n in kept.true] == [faces.class_names[n] for n in faces.label[rows]]
    # what the checkpoint answers to the very images that the ids name
    again = fer_lightning.load(finished).probabilities(np.asarray(faces.pixels[rows]))
    np.testing.assert_allclose(kept.probabilities, again, atol=1e-5)


def test_metrics_csv_has_every_epoch(finished):
    with (finished / "metrics.csv").open() as stream:
        rows = [row for row in csv.DictReader(stream) if row["val/accuracy"]]
    assert [row["epoch"] for row in rows][:2] == ["0", "1"]
    assert float(rows[-1]["val/accuracy"]) == pytest.approx(read(finished).metrics["val/accuracy"])


def test_the_table_goes_to_stdout_and_all_else_to_stderr(tmp_path, capfd):
    assert call(train.main, *TINY, "debug=fast", f"hydra.run.dir={tmp_path}") == 0
    out, err = capfd.readouterr()
    assert [line.split()[0] for line in out.splitlines()][:3] == ["synthetic", "test", "accuracy"]
    assert str(tmp_path / "result.json") in out
    assert "epoch 1/1" in err
    assert "images/s" in err
    assert "\x1b" not in out


@pytest.mark.parametrize("named", ["checkpoints/best.ckpt", ""], ids=["file", "folder of a run"])
def test_eval_repeats_the_test_of_the_run(finished, tmp_path, named):
    ckpt = finished / named
    assert call(evaluate.main, f"ckpt={ckpt}", "data=synthetic", *TINY, f"hydra.run.dir={tmp_path}") == 0
    then, now = read(finished), read(tmp_path)
    assert now.confusion_matrix == then.confusion_matrix
    assert now.metrics == {name: v for name, v in then.metrics.items() if name.startswith("test/")}
    assert now.timing["fit_seconds"] is None
    assert now.class_names == then.class_names


def test_eval_on_other_data_uses_the_shared_classes_and_says_so(finished, tmp_path, tiny_fer2013, capfd):
    ckpt = finished / "checkpoints" / "best.ckpt"
    names = "data.class_names=[neutral,surprise,sad,happy,fear,disgust,angry]"  # the data set's order must not matter
    here = (f"hydra.run.dir={tmp_path}/a", f"hydra.run.dir={tmp_path}/b")
    assert call(evaluate.main, f"ckpt={ckpt}", "data=fer2013", here[0]) == 0
    assert "only the model has it: contempt" in capfd.readouterr().err
    assert call(evaluate.main, f"ckpt={ckpt}", "data=fer2013", names, here[1]) == 0
    first, second = read(tmp_path / "a"), read(tmp_path / "b")
    assert first.class_names == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    assert first.class_names == second.class_names
    assert first.confusion_matrix == second.confusion_matrix
    assert first.protocol == "official"


def test_a_users_own_yaml_is_found(tmp_path, capfd):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "wide.yaml").write_text("defaults: [cnn]\nnet: {width: 8, hidden: 24}\n")
    where = f"hydra.run.dir={tmp_path}/run"
    assert call(train.main, "--config-dir", str(tmp_path), "model=wide", *TINY, "debug=fast", where) == 0
    assert read(tmp_path / "run").choices["model"] == "wide"
    assert json.loads((tmp_path / "run" / "result.json").read_text())["config"]["model"]["net"]["hidden"] == 24
    weights = torch.load(tmp_path / "run" / "checkpoints" / "best.ckpt", weights_only=True)["state_dict"]
    assert weights["net.classify.2.weight"].shape[0] == 24
    assert call(train.main, "--config-dir", str(tmp_path), "model=wid") == 1
    assert (
        f"choose among {', '.join(sorted([*list_options('model'), 'wide']))} (did you mean wide?)"
        in capfd.readouterr().err
    )
