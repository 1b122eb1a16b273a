"""What lies in a run's folder when another run is started there: nothing of it is lost or changed."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import yaml
from support import call

from fer_lightning.commands import evaluate, train
from fer_lightning.results.result import read
from fer_lightning.run.artifacts.folder_lock import lock_folder

CLASSES = ("happy", "sad")
FOLDER = ["data=folder", f"data.class_names=[{','.join(CLASSES)}]", "data.batch_size=8", "debug=fast"]


def content(folder):
    """Every file of the folder, byte by byte, but the lock."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def typed(folder):
    return yaml.safe_load((folder / ".hydra" / "overrides.yaml").read_text())


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """A folder of drawn noise, twenty images of two classes."""
    root = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(0)
    for name in CLASSES:
        (root / name).mkdir()
        for number in range(20):
            cv2.imwrite(str(root / name / f"{number}.png"), generator.integers(0, 256, (48, 48), dtype=np.uint8))
    return root


@pytest.fixture(scope="module")
def trained(tmp_path_factory, pictures):
    folder = tmp_path_factory.mktemp("runs") / "trained"
    words = [*FOLDER, f"data.faces.dir={pictures}", f"hydra.run.dir={folder}"]
    assert call(train.main, *words) == 0
    return folder


@pytest.fixture(scope="module")
def tested(tmp_path_factory, trained, pictures):
    folder = tmp_path_factory.mktemp("runs") / "tested"
    assert call(evaluate.main, *about_test(trained, pictures), f"hydra.run.dir={folder}") == 0
    return folder


def about_test(trained, pictures):
    return [f"ckpt={trained}/checkpoints/best.ckpt", *FOLDER[:3], f"data.faces.dir={pictures}"]


def test_a_second_training_moves_the_first_aside_with_its_record(pictures, tmp_path, capfd):
    folder = tmp_path / "run"
    words = [*FOLDER, f"data.faces.dir={pictures}", f"hydra.run.dir={folder}"]
    assert call(train.main, *words) == 0
    first, hash_of_first = content(folder), read(folder).config_hash
    aside = tmp_path / f"run.{hash_of_first}"
    assert call(train.main, *words, "seed=5") == 0
    assert content(aside) == first
    assert f"{folder}: the previous run was moved to {aside}" in capfd.readouterr().err
    assert read(folder).seed == 5
    assert "seed=5" in typed(folder)
    assert "seed=5" not in typed(aside)
    assert any("was moved to" in line for line in (folder / "train.log").read_text().splitlines()[:2])
    # the first once more, as `make demo` twice: what is equal is kept once
    assert call(train.main, *words) == 0
    assert read(folder).metrics == json.loads(first["result.json"])["metrics"]
    (other,) = tmp_path.glob("run.*")
    assert read(other).seed == 5


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        (["optimizer.lr=-1"], "optimizer"),
        (["init_from=absent.ckpt"], "init_from=absent.ckpt"),
        (["data.faces.dir=absent"], "absent"),
        (["data.class_names=[happy,bored]"], "bored"),
        (["model.net.wrong=1"], "wrong"),
    ],
)
def test_a_mistake_leaves_a_finished_training_as_it_is(trained, pictures, mistake, message, capfd):
    before = content(trained)
    words = [*FOLDER, f"data.faces.dir={pictures}", *mistake, f"hydra.run.dir={trained}"]
    assert call(train.main, *words) == 1
    assert message in capfd.readouterr().err
    assert content(trained) == before
    assert [path.name for path in trained.parent.iterdir()] == ["trained"]


def test_a_resume_without_its_data_leaves_a_finished_training_as_it_is(trained, pictures, capfd):
    before = content(trained)
    moved = pictures.rename(pictures.with_name("moved"))
    try:
        assert call(train.main, f"resume={trained}", "trainer.max_epochs=2") == 1
    finally:
        moved.rename(pictures)
    assert str(pictures) in capfd.readouterr().err
    assert content(trained) == before


def test_a_launch_that_is_refused_for_another_is_there_changes_nothing(trained, pictures, capfd):
    before = content(trained)
    with lock_folder(trained):
        assert call(train.main, *FOLDER, "seed=7", f"hydra.run.dir={trained}") == 1
        assert "another fer-train or fer-eval runs in this folder" in capfd.readouterr().err
        assert call(evaluate.main, *about_test(trained, pictures), f"hydra.run.dir={trained}") == 1
        assert "another fer-train or fer-eval runs in this folder" in capfd.readouterr().err
    assert content(trained) == before


def test_a_test_does_not_take_the_folder_of_a_training(trained, pictures, capfd):
    before = content(trained)
    assert call(evaluate.main, *about_test(trained, pictures), f"hydra.run.dir={trained}") == 1
    assert f"{trained}: this is the folder of a training; choose another hydra.run.dir" in capfd.readouterr().err
    assert content(trained) == before


@pytest.mark.parametrize(
    ("mistake", "message"),
    [("ckpt=absent.ckpt", "ckpt=absent.ckpt"), ("data.faces.dir=absent", "absent"), ("trainer.devices=0", "devices")],
)
def test_a_mistake_leaves_a_finished_test_as_it_is(tested, trained, pictures, mistake, message, capfd):
    before = content(tested)
    assert call(evaluate.main, *about_test(trained, pictures), mistake, f"hydra.run.dir={tested}") == 1
    assert message in capfd.readouterr().err
    assert content(tested) == before


def test_another_test_moves_the_first_aside(tested, trained, pictures):
    before, hash_before = content(tested), read(tested).config_hash
    assert call(evaluate.main, *about_test(trained, pictures), "seed=1", f"hydra.run.dir={tested}") == 0
    assert content(tested.with_name(f"tested.{hash_before}")) == before
    assert read(tested).seed == 1
    assert "seed=1" in typed(tested)
