"""Covers run/config/number_ranges.py: each number of each option is tried with nan, infinity and a negative."""

from __future__ import annotations

import copy
import math

import pytest
from omegaconf import OmegaConf
from support import TINY, call

from fer_lightning.commands import train
from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import conf_dir
from fer_lightning.run.config.number_ranges import COUNTING, Range, check_numbers, find_range, iter_numbers
from fer_lightning.run.config.signature_check import check_targets, iter_nodes

# numbers that may be anything: starting values of weights and angles; albumentations checks its own limits
FREE = {("Cnn", "bias"), ("StnCnn", "bias"), ("FrrCnn", "angles"), ("NineViews", "degrees")}
ABSURD = -1e9


def every_number():
    """(target, parameter) -> node, of every number that a YAML file of any group sets beside its `_target_`."""
    found = {}
    for path in sorted(conf_dir().rglob("*.yaml")):
        for _, node in iter_nodes(OmegaConf.to_container(OmegaConf.load(path), resolve=False)):
            for parameter, value in node.items():
                for place, _ in iter_numbers(value, parameter):
                    found.setdefault((str(node["_target_"]), place), node)
    return found


def replaced(node, place, value):
    node = copy.deepcopy(node)
    *way, last = place.split(".")
    inner = node
    for step in way:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    inner[int(last) if isinstance(inner, list) else last] = value
    return node


@pytest.fixture(scope="module")
def offered():
    return every_number()


def test_the_options_themselves_are_in_range(offered):
    assert len(offered) > 150
    for (_, place), node in offered.items():
        check_numbers(place, node)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_no_number_of_any_option_may_be_other_than_finite(offered, value):
    for (target, place), node in offered.items():
        with pytest.raises(FerError, match=f"={value}: it must be finite, choose"):
            check_numbers("x", replaced(node, place, value))
        assert target


def test_every_number_of_any_option_has_a_lowest_value_or_is_known_to_have_none(offered):
    for (target, place), node in offered.items():
        parameter, name = place.split(".")[0], target.rpartition(".")[2]
        if (name, parameter) in FREE or not target.startswith((*COUNTING, "torch.nn.")):
            check_numbers("x", replaced(node, place, ABSURD))
            continue
        with pytest.raises(FerError, match=r"x\..*=-1000000000\.0: choose "):
            check_numbers("x", replaced(node, place, ABSURD))


@pytest.mark.parametrize(
    ("allowed", "inside", "outside", "text"),
    [
        (Range(0), [0, 5], [-0.1], "0 or more"),
        (Range(0, 1, below=True), [0, 0.99], [1, -1], "0 to below 1"),
        (Range(0, above=True), [1e-9], [0], "above 0"),
        (Range(-1, meaning="no limit"), [-1, 3], [-2], "-1 (no limit) or more"),
    ],
)
def test_a_range_says_what_it_holds(allowed, inside, outside, text):
    assert all(map(allowed.holds, inside))
    assert not any(map(allowed.holds, outside))
    assert str(allowed) == text


def test_numbers_of_a_users_own_class_may_be_negative_but_not_nan():
    assert find_range("mine.nets.Net", "shift").holds(-5)
    check_numbers("model.net", {"_target_": "mine.nets.Net", "shift": -5})
    with pytest.raises(FerError, match=r"model\.net\.shift=nan: it must be finite, choose a number"):
        check_numbers("model.net", {"_target_": "mine.nets.Net", "shift": math.nan})


def test_a_length_of_time_is_no_number():
    with pytest.raises(FerError, match=r"trainer\.max_time=-1: it must be a text or a map"):
        check_targets({"trainer": {"_target_": "fer_lightning.training.trainer.Trainer", "max_time": -1}})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("loss=smoothed loss.label_smoothing=nan", "loss.label_smoothing=nan: it must be finite, choose 0 to below 1"),
        ("loss=smoothed loss.label_smoothing=-1", "loss.label_smoothing=-1: choose 0 to below 1"),
        ("trainer.gradient_clip_val=-1", "trainer.gradient_clip_val=-1: choose 0 or more"),
        ("trainer.max_time=-1", "trainer.max_time=-1: it must be a text"),
        ("optimizer.lr=nan", "optimizer.lr=nan: it must be finite, choose 0 or more"),
        ("augment.transforms.0.p=inf", "augment.transforms[0].p=inf: it must be finite, choose a number"),
    ],
)
def test_a_number_out_of_range_ends_a_training_in_one_line(tmp_path, capfd, words, message):
    assert call(train.main, *TINY, *words.split(), f"hydra.run.dir={tmp_path}") == 1
    err = capfd.readouterr().err
    assert f"error: {message}" in err
    assert err.count("error: ") == 1
    assert "Traceback" not in err
