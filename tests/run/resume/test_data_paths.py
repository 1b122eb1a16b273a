"""A resumed run reads its data where they lie now."""

from __future__ import annotations

import os
import shutil

import pytest
from support import TINY_BATCH, call

from fer_lightning.commands import train
from fer_lightning.errors import FerError
from fer_lightning.results.result import read
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.resume.data_paths import update_data_paths
from tests.layouts.folders import write_folders

NAMES = "data.class_names=[angry,disgust,fear,happy,sad,surprise,neutral,contempt]"


@pytest.fixture
def places(tmp_path):
    """Two roots, `old` and `new`, each with a folder of a data set."""
    for root in ("old", "new"):
        (tmp_path / root / "folder").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def now(places, monkeypatch):
    """A function from overrides, under FER_DATA=new, to the config with which a run of FER_DATA=old goes on."""

    def compose(*words, began=("data=folder",), root="new"):
        monkeypatch.setenv("FER_DATA", str(places / "old"))
        config = compose_job(began, places / "run").config
        if root is None:
            monkeypatch.delenv("FER_DATA")
        else:
            monkeypatch.setenv("FER_DATA", str(places / root))
        return update_data_paths(config, compose_job(words, places / "run"))

    return compose


def test_the_present_root_is_followed(now, places):
    config = now()
    assert config["data"]["faces"]["dir"] == f"{places}/new/folder"
    assert config["paths"]["data_dir"] == f"{places}/new"


def test_without_the_variable_the_old_root_stays(now, places):
    config = now(root=None)
    assert config["data"]["faces"]["dir"] == f"{places}/old/folder"
    assert config["paths"]["data_dir"] == f"{places}/old"
    assert now(f"paths.data_dir={places}/new", root=None)["data"]["faces"]["dir"] == f"{places}/new/folder"


def test_where_the_present_root_lacks_the_data_they_are_read_from_where_they_were(now, places):
    (places / "new" / "folder").rmdir()
    assert now()["data"]["faces"]["dir"] == f"{places}/old/folder"
    (places / "old" / "folder").rmdir()
    assert now()["data"]["faces"]["dir"] == f"{places}/new/folder"


def test_a_typed_place_wins_over_the_root_and_stays_where_another_root_comes(now, places):
    assert now(f"++data.faces.dir={places}/third")["data"]["faces"]["dir"] == f"{places}/third"
    typed = now(began=("data=folder", f"data.faces.dir={places}"))
    assert typed["data"]["faces"]["dir"] == str(places)


def test_the_cache_is_the_present_one_wherever_it_is_named(now, places, monkeypatch):
    monkeypatch.setenv("FER_CACHE", str(places / "cache"))
    before = compose_job(["data=lfw_mixed_pseudo", "data.faces.labels.labeller.checkpoint=x"], places / "run").config
    monkeypatch.setenv("FER_CACHE", str(places / "other"))
    config = update_data_paths(before, compose_job([], places / "run"))
    assert config["paths"]["cache_dir"] == config["data"]["cache_dir"] == f"{places}/other"
    assert config["data"]["faces"]["labels"]["labeller"]["cache_dir"] == f"{places}/other"


def test_a_place_that_the_runs_data_lack_is_named(now):
    with pytest.raises(FerError, match=r"data\.faces\.dir: the data of this run are not read from such a place"):
        now("++data.faces.dir=/data", began=("data=synthetic",))
    with pytest.raises(FerError, match=r"data\.faces\.labels\.path: the data of this run"):
        now("++data.faces.labels.path=/data")


@pytest.mark.parametrize("how", ["typed", "root"])
def test_a_run_goes_on_with_data_that_have_moved(tiny_faces, tmp_path, monkeypatch, capfd, how):
    data = write_folders(tiny_faces, tmp_path / "a" / "folder", "splits")
    words = ["data=folder", NAMES, "data.protocol=official", *TINY_BATCH, f"hydra.run.dir={tmp_path}/run"]
    monkeypatch.setenv("FER_DATA", str(tmp_path / "a"))
    assert call(train.main, *words, "debug=fast", "logger=none") == 0
    before = read(tmp_path / "run")
    shutil.move(data.parent, tmp_path / "b")
    for path in (tmp_path / "b").rglob("*.png"):
        os.utime(path)
    place = tmp_path / "b" / "folder"
    longer = ["trainer.max_epochs=2", *([f"data.faces.dir={place}"] if how == "typed" else [])]
    if how == "root":
        monkeypatch.setenv("FER_DATA", str(tmp_path / "b"))
    assert call(train.main, f"resume={tmp_path}/run", *longer) == 0
    result = read(tmp_path / "run")
    assert result.config["data"]["faces"]["dir"] == str(place)
    assert (result.config_hash == before.config_hash) is False  # two epochs instead of one
    assert result.data_digest == before.data_digest
    assert [word for word in result.overrides if "dir" in word] == longer[1:]
    # where they are is remembered
    monkeypatch.setenv("FER_DATA", str(tmp_path / "nowhere"))
    assert call(train.main, f"resume={tmp_path}/run", "trainer.max_epochs=3") == 0
