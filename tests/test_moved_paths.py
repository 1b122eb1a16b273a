"""Configs, a checkpoint and a half-finished run of an earlier version (commit 6a3805f, tests/earlier) still work."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support import call

import fer_lightning
from fer_lightning import moved_paths
from fer_lightning.commands import train
from fer_lightning.errors import FerError
from fer_lightning.moved_paths import MOVED, find_moved, original_targets, update_path, update_targets
from fer_lightning.results.result import config_hash, read
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.config.signature_check import import_target, iter_nodes
from fer_lightning.run.resume import saved_job

EARLIER = Path(__file__).parent / "earlier"
CONFIGS = json.loads((EARLIER / "configs.json").read_text())


@pytest.fixture
def table(monkeypatch):
    """A table of two moves: a class of its own, and a whole module."""
    moves = {"old.room.Net": "fer_lightning.nets.cnn.Cnn", "old.schedules": "fer_lightning.training.schedules"}
    monkeypatch.setattr(moved_paths, "MOVED", moves)
    return moves


@pytest.mark.parametrize("name", CONFIGS)
def test_the_hash_of_an_experiment_is_the_one_it_had(name):
    config, expected = CONFIGS[name]["config"], CONFIGS[name]["config_hash"]
    assert config_hash(config) == expected
    assert config_hash(update_targets(config)) == expected


@pytest.mark.parametrize("name", CONFIGS)
def test_each_target_of_an_earlier_config_is_found(name):
    for place, node in iter_nodes(update_targets(CONFIGS[name]["config"]), ""):
        try:
            import_target(node["_target_"], place)
        except FerError as missing:
            pytest.fail(str(missing))


def test_no_path_is_both_an_earlier_and_a_present_one():
    for old, new in MOVED.items():
        assert update_path(new) == new, old
        import_target(new, old)
        with pytest.raises(FerError):
            import_target(old, "x")


def test_the_longest_prefix_of_whole_names_is_replaced(table):
    assert update_path("old.schedules.cosine") == "fer_lightning.training.schedules.cosine"
    assert update_path("old.schedules_of_mine.cosine") == "old.schedules_of_mine.cosine"
    assert update_path("old.room.Network") == "old.room.Network"


def test_only_targets_are_replaced(table):
    config = {"a": [{"_target_": "old.room.Net", "name": "old.room.Net"}], "_target_": {"b": 1}}
    updated = {"a": [{"_target_": "fer_lightning.nets.cnn.Cnn", "name": "old.room.Net"}], "_target_": {"b": 1}}
    assert update_targets(config) == updated
    assert original_targets(updated) == original_targets(config) == config
    assert list(find_moved(config)) == [("old.room.Net", "fer_lightning.nets.cnn.Cnn")]


def test_two_earlier_paths_of_a_class_have_one_hash(monkeypatch):
    monkeypatch.setattr(moved_paths, "MOVED", {"first.Net": "third.Net", "second.Net": "third.Net"})
    hashes = {config_hash({"model": {"_target_": f"{place}.Net"}}) for place in ("first", "second", "third")}
    assert len(hashes) == 1


def test_a_users_yaml_may_name_an_earlier_path_and_is_told_the_present_one(table, tmp_path, caplog):
    words = ["model=cnn", "scheduler=cosine"]
    job = compose_job(
        [*words, "model.net._target_=old.room.Net", "scheduler._target_=old.schedules.cosine"], tmp_path / "run"
    )
    assert "old.room.Net has moved; write fer_lightning.nets.cnn.Cnn" in caplog.text
    now = compose_job(words, tmp_path / "run").config
    assert job.config == now
    assert config_hash(job.config) == config_hash(now)


def test_an_earlier_checkpoint_predicts():
    model = fer_lightning.load(EARLIER / "half_run" / "checkpoints" / "best.ckpt")
    assert len(model.class_names) == 8


def test_a_half_finished_run_of_an_earlier_version_goes_on(tmp_path):
    folder = tmp_path / "half_run"
    shutil.copytree(EARLIER / "half_run", folder)
    started = config_hash(json.loads((folder / "job.json").read_text())["config"])
    assert config_hash(saved_job.load(folder).config) == started
    assert call(train.main, f"resume={folder}", f"paths.cache_dir={tmp_path / 'cache'}") == 0
    result = read(folder)
    assert (result.config_hash, result.resumed_from_epoch) == (started, 1)
