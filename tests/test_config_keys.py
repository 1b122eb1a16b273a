"""The table of config keys, compared with what config_hash sees of every leaf of real configs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from fer_lightning.config_keys import (
    HPARAMS,
    IN_CHECKPOINT,
    KEYS,
    SPLIT_KEYS,
    Effect,
    GroupKind,
    groups,
    is_place,
    row_of,
)
from fer_lightning.results.result import config_hash
from fer_lightning.run.config.compose import compose, list_options, to_plain

EVERYTHING = ["data=lfw_mixed_pseudo", "callbacks=[early_stopping,ema]", "logger=[wandb,tensorboard]", "pages=all"]
SOFT = ["data=fer2013", "data.targets=shares.csv"]
CONFIGS = [["data=synthetic"], ["data=ferplus", "model=stn_cnn", "trainer=ddp"], EVERYTHING, SOFT, ["debug=profile"]]
WEIGHT, FILE = "data.targets_weight", "data.targets"  # the weight counts where there is such a file, and only there

# Written out by hand: a key that joins or leaves this list is a decision, for it makes finished jobs of sweeps stale.
WITHOUT_EFFECT = {
    *("paper", "resume", "sweep_name", "trust"),
    *("paths.data_dir", "paths.log_dir", "paths.cache_dir", "paths.output_dir"),
    *("data.cache_dir", "data.num_workers", "data.faces.dir", "data.faces.votes", "data.targets"),
    *("callbacks.best.dirpath", "callbacks.last.dirpath"),
    *(f"trainer.{key}" for key in ("accelerator", "devices", "num_nodes", "strategy", "sync_batchnorm")),
    *(f"trainer.{key}" for key in ("channels_last", "deterministic", "benchmark", "inference_mode", "profiler")),
    *(f"trainer.{key}" for key in ("enable_checkpointing", "enable_progress_bar", "enable_model_summary")),
    *(f"trainer.{key}" for key in ("log_every_n_steps", "num_sanity_val_steps", "detect_anomaly")),
}


def config_of(overrides: list[str]) -> dict[str, Any]:
    return to_plain(compose([*overrides, "paths.output_dir=/runs/x"]))


def leaves(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from leaves(inner, (*place, key))
    else:
        yield place


def changed(config: dict[str, Any], place: tuple[str, ...]) -> dict[str, Any]:
    config = copy.deepcopy(config)
    node = config
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = ["another", node[place[-1]]]
    return config


@pytest.mark.parametrize("overrides", CONFIGS, ids=" ".join)
def test_the_hash_sees_each_leaf_that_may_change_a_result_and_no_other(overrides):
    config = config_of(overrides)
    before = config_hash(config)
    for place in leaves(config):
        expected = row_of(".".join(place)).effect is Effect.RESULT
        if config["data"]["targets"] is None and ".".join(place) in (WEIGHT, FILE):
            expected = not expected
        assert (config_hash(changed(config, place)) != before) is expected, ".".join(place)


def test_the_leaves_without_effect_are_those_that_were_decided_upon():
    config = config_of(["data=ferplus", "logger=none"])
    unseen = {".".join(place) for place in leaves(config) if row_of(".".join(place)).effect is not Effect.RESULT}
    assert unseen - {"logger", "pages"} == WITHOUT_EFFECT


@pytest.mark.parametrize(
    ("group", "node"),
    [
        ("callbacks", {"mine": {"_target_": "mine.Mixup", "alpha": 0.2}}),
        ("trainer", {"overfit_batches": 0.1}),
        ("data", {"mine": 3}),
        ("model", {"net": {"_target_": "mine.Net", "votes": 3, "path": "a", "dir": "b", "about": "c"}}),
    ],
)
def test_what_the_table_does_not_name_counts(group, node):
    config = config_of([])
    added = {**config, group: {**config[group], **node}}
    assert config_hash(added) != config_hash(config)
    for place in leaves(node):
        assert config_hash(changed(added, (group, *place))) != config_hash(added), place


@pytest.mark.parametrize(
    "target", ["pytorch_lightning.callbacks.RichProgressBar", "lightning.pytorch.callbacks.ModelSummary"]
)
def test_callbacks_of_lightning_that_watch_do_not_count(target):
    config = config_of([])
    watched = {**config, "callbacks": {**config["callbacks"], "bar": {"_target_": target}}}
    assert config_hash(watched) == config_hash(config)


def test_a_group_without_content_does_not_count():
    assert config_hash({**config_of([]), "mix": {}, "another": None}) == config_hash(config_of([]))


def test_each_row_of_the_table_is_a_key_of_some_config():
    found = set()
    for overrides in [*CONFIGS, ["data=lfw_mixed_csv"], ["data=ckplus", "data.classes=8"], ["data=kdef"]]:
        config = config_of(overrides)
        for place in leaves(config):
            found |= {".".join(place[:length]) for length in range(1, len(place) + 1)}
    for key in KEYS:
        wanted = key.path.replace("*", "best")
        assert wanted in found or not key.in_config, key.path


def test_longer_rows_win_and_forms_of_a_key_are_one():
    assert row_of("logger.wandb.tags").effect is Effect.NONE
    assert row_of("hydra/launcher").path == "hydra"
    assert row_of("data.faces.dir").effect is Effect.CONTENT
    assert row_of("data.faces.dirty").path == "data"
    assert row_of("callbacks.best.dirpath").place
    assert not is_place("model.net.path")


def test_groups_are_folders_of_conf():
    for group in (*groups(GroupKind.ONE), *groups(GroupKind.OPTIONAL), *groups(GroupKind.SEVERAL)):
        assert list_options(group), group


def test_lists_that_others_take_from_the_table():
    assert IN_CHECKPOINT == ("preprocess", "model", "loss", "optimizer", "scheduler")
    assert HPARAMS == ("seed", "data.batch_size", "data.fold", "optimizer.lr", "trainer.max_epochs")
    assert {"protocol", "fold", "split_seed"} <= set(SPLIT_KEYS)
    places = {"paths.data_dir", "paths.cache_dir", *(key.path for key in KEYS if key.effect is Effect.CONTENT)}
    assert {key.path for key in KEYS if key.on_resume} == {"logger", "trainer.max_epochs", "trust"} | places
