"""Flags may stand anywhere among the overrides; what is wrong with one is said as for a key."""

from __future__ import annotations

import pytest

from fer_lightning.errors import FerError
from fer_lightning.run.config.command_flags import move_flags_first


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("model=cnn --config-dir mine seed=1", "--config-dir=mine model=cnn seed=1"),
        ("-m seed=0,1", "--multirun seed=0,1"),
        ("seed=0,1 -m", "--multirun seed=0,1"),
        ("a=b -c job ~c -p model +d=e", "--cfg=job --package=model a=b ~c +d=e"),
        ("--info model=cnn", "--info=all model=cnn"),
        ("--info defaults model=cnn", "--info=defaults model=cnn"),
        ("--config-dir=a=b x=y --resolve --cfg=job", "--config-dir=a=b --resolve --cfg=job x=y"),
        ("logs/runs --help logs/sweeps", "--help logs/runs logs/sweeps"),
    ],
)
def test_flags_come_first_one_word_each(typed, read):
    assert move_flags_first(typed.split()) == read.split()
    assert move_flags_first(read.split()) == read.split()


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("--multirum", r"--multirum: no such flag; .*did you mean --multirun\?"),
        ("-x model=cnn", "-x: no such flag; choose among --help"),
        ("--config-dir", "--config-dir: its value is missing, as in --config-dir=DIR"),
        ("--config-dir --help", "--config-dir: its value is missing"),
        ("--cfg= model=cnn", "--cfg: its value is missing, as in --cfg=job"),
        ("--cfg model=cnn", "--cfg=model=cnn: choose among job, hydra, all"),
        ("-m seed=0,1 --cfg job", "--cfg beside --multirun: leave one out; .* one value of each key"),
        ("--resolve", "--resolve: it follows references in what --cfg prints"),
        ("--config-dir a --config-dir b", "--config-dir=b beside --config-dir=a: it may be given only once"),
    ],
)
def test_what_is_wrong_with_a_flag_is_named(typed, message):
    with pytest.raises(FerError, match=message):
        move_flags_first(typed.split())


def test_the_folder_of_config_files_may_begin_at_home(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert move_flags_first(["--config-dir=~/mine"]) == ["--config-dir=/home/me/mine"]
