from __future__ import annotations

import pytest

from fer_lightning.results.report.keys import canonical, in_config, leaves, settings


def test_an_override_wins_over_the_option_of_its_group_and_a_later_one_over_an_earlier():
    choices = {"model": "cnn", "loss": "l1", "debug": None}
    words = ["model=resnet", "+data.classes=6", "++optimizer.lr=1e-3", "data.fold=0", "data.fold=3"]
    assert settings(choices, words) == {
        "model": "resnet",
        "loss": "l1",
        "data.classes": "6",
        "optimizer.lr": "0.001",
        "data.fold": "3",
    }


def test_a_tilde_takes_a_key_away():
    assert settings({"logger": "csv", "loss": "l1"}, ["a.b=1", "~a.b", "~logger=csv"]) == {"loss": "l1"}


def test_a_value_may_hold_equals_signs():
    assert settings({}, ["ckpt=logs/data.fold=0,loss=l1/best.ckpt"])["ckpt"] == "logs/data.fold=0,loss=l1/best.ckpt"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("1e-3", 0.001),
        ("0.10", 0.1),
        ("7", 7),
        ("+7", 7),
        ("True", True),
        ("null", None),
        ("[a, b]", ["a", "b"]),
        ("[1, 0.50]", "[1,0.50]"),
        ("'a b'", "a b"),
        ("1e-05", 1e-5),
    ],
)
def test_what_means_the_same_reads_the_same(one, other):
    assert canonical(one) == canonical(other)


@pytest.mark.parametrize(("one", "other"), [("1", "1.0"), ("007", "7"), ("l1", "L1"), ("true", "1"), ("a b", "ab")])
def test_what_differs_reads_differently(one, other):
    assert canonical(one) != canonical(other)


def test_a_dotted_key_is_looked_up_in_the_config():
    config = {"model": {"net": {"widths": [32, 64], "dropout": 0.0}}, "seed": 0}
    assert in_config(config, "model.net.widths") == "[32,64]"
    assert in_config(config, "model.net.dropout") == "0.0"
    assert in_config(config, "seed") == "0"
    assert [in_config(config, key) for key in ("model.net", "model.net.depth", "seed.x")] == ["", "", ""]
    assert leaves(config) == {"model.net.widths": "[32,64]", "model.net.dropout": "0.0", "seed": "0"}
