from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_lightning.results.result import config_hash

CONFIG = {
    "seed": 0,
    "data": {
        **{"_target_": "a.B", "csv": "/d/fer2013/fer.csv", "batch_size": 64, "num_workers": 2},
        "faces": {"dir": "/d/fer2013"},
    },
    "augment": {"p": 0.5},
    "preprocess": {"size": 48},
    "model": {"net": {"depth": 16}},
    "loss": {"smoothing": 0.1},
    "optimizer": {"lr": 0.01},
    "scheduler": {"gamma": 0.1},
    "monitor": "val/accuracy",
    "trainer": {"max_epochs": 10, "precision": "32-true", "accelerator": "cpu", "devices": 1, "limit_train_batches": 1},
    "callbacks": {
        "stop": {"_target_": "pytorch_lightning.callbacks.EarlyStopping", "patience": 5},
        "bar": {"_target_": "pytorch_lightning.callbacks.RichProgressBar", "leave": True},
    },
    "logger": {"csv": {"save_dir": "/l"}},
    "paths": {"data_dir": "/d", "cache_dir": "/c", "root": "/"},
    "hydra": {"run": {"dir": "/l/1"}},
}


def changed(key: str, value) -> dict:
    config = json.loads(json.dumps(CONFIG))
    *groups, last = key.split("/")
    inner = config
    for group in groups:
        inner = inner[group]
    inner[last] = value
    return config


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("seed", 1),
        ("seed", None),
        ("data/batch_size", 32),
        ("data/_target_", "a.C"),
        ("data/csv", "/d/fer2013/other.csv"),
        ("augment/p", 0.25),
        ("preprocess/size", 64),
        ("model/net/depth", 19),
        ("loss/smoothing", 0),
        ("optimizer/lr", 0.1),
        ("scheduler/gamma", 0.5),
        ("monitor", "val/loss"),
        ("trainer/max_epochs", 11),
        ("trainer/max_steps", 5),
        ("trainer/precision", "16-mixed"),
        ("trainer/accumulate_grad_batches", 2),
        ("trainer/gradient_clip_val", 1.0),
        ("trainer/limit_train_batches", 1.0),  # Lightning: 1 is one batch, 1.0 is all of them
        ("callbacks/stop/patience", 6),
        ("init_from", "logs/x/best.ckpt"),
        ("callbacks/mine", {"_target_": "mine.Callback"}),
    ],
)
def test_hash_sees_what_decides_the_numbers(key, value):
    assert config_hash(changed(key, value)) != config_hash(CONFIG)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("data/num_workers", 8),
        ("data/faces/dir", "/elsewhere"),
        ("data/cache_dir", "/elsewhere"),
        ("paths/cache_dir", "/elsewhere"),
        ("trainer/accelerator", "gpu"),
        ("trainer/devices", 4),
        ("trainer/gradient_clip_val", None),
        ("logger", None),
        ("hydra/run/dir", "/l/2"),
        ("callbacks/bar", None),
        ("sweep_name", "another"),
        ("resume", "/l/1"),
    ],
)
def test_hash_ignores_where_and_how_it_runs(key, value):
    assert config_hash(changed(key, value)) == config_hash(CONFIG)


def test_hash_survives_a_move_of_the_data():
    moved = changed("paths/data_dir", "/mnt/x") | {
        "data": CONFIG["data"] | {"faces": {"dir": "/mnt/x/fer2013"}, "csv": "/mnt/x/fer2013/fer.csv"}
    }
    assert config_hash(moved) == config_hash(CONFIG)


def test_hash_is_hex_and_the_same_in_every_process():
    assert config_hash(CONFIG) == "38f5681645b1c006"
    assert config_hash({}) != config_hash({"seed": 0})


def shuffled(value, order: random.Random):
    if not isinstance(value, dict):
        return value
    items = list(value.items())
    order.shuffle(items)
    return {key: shuffled(inner, order) for key, inner in items}


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
inner = st.recursive(leaves, lambda t: st.lists(t) | st.dictionaries(st.text(), t), max_leaves=8)
trees = st.dictionaries(st.text(), inner)


@settings(deadline=None, derandomize=True, max_examples=50, database=None)
@given(tree=trees, order=st.randoms(use_true_random=False))
def test_hash_ignores_the_order_of_keys(tree, order):
    config = CONFIG | {"model": tree}
    assert config_hash(shuffled(config, order)) == config_hash(config)


def test_hash_heeds_the_order_of_lists():
    assert config_hash({"data": {"classes": ["a", "b"]}}) != config_hash({"data": {"classes": ["b", "a"]}})
