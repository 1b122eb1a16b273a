"""Every option of `sweep` composes, asks for several jobs, and varies keys that exist."""

from __future__ import annotations

from functools import cache

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import OmegaConf

from fer_lightning.results.result import config_hash
from fer_lightning.run.config import compose as composing
from fer_lightning.run.config.compose import (
    EVAL,
    TRAIN,
    compose_job,
    conf_dir,
    list_options,
    list_sweeps,
    register_resolvers,
)
from fer_lightning.run.config.required_keys import check_required_keys
from fer_lightning.run.config.validate_config import validate_config

FILES = {TRAIN: "train", EVAL: "eval"}  # of conf/
COMMANDS = {option: command for command in FILES for option in list_sweeps(command)}


@cache
def composed(option, *overrides):
    register_resolvers()
    words = [f"sweep={option}", "paths.output_dir=x", *overrides]
    with initialize_config_dir(str(conf_dir()), version_base="1.3"):
        return compose(FILES[COMMANDS[option]], words, return_hydra_config=True)


def job_of(option, word, folder):
    """One of the sweep's jobs, as its command checks it before it reads anything."""
    words = [f"sweep={option}", word, "hydra.mode=RUN"]
    if COMMANDS[option] == TRAIN:
        job = compose_job(words, folder)
        validate_config(job.config)
        return job
    cfg = composed(option)
    words += ["ckpt=best.ckpt", f"paths.output_dir={folder}", *([] if cfg.get("data") else ["data=fer2013"])]
    job = composing.make_job(composing.compose(words, "eval"), words, folder)
    check_required_keys(job.config)
    return job


def swept(option):
    parameters = OmegaConf.to_container(composed(option).hydra.sweeper.params)
    return OverridesParser.create().parse_overrides([f"{key}={value}" for key, value in parameters.items()])


def test_every_sweep_is_for_a_command_that_there_is():
    assert sorted(COMMANDS) == list_options("sweep")


@pytest.mark.parametrize("option", list_options("sweep"))
def test_a_sweep_runs_several_jobs_under_its_files_name(option):
    cfg = composed(option)
    assert cfg.hydra.mode is RunMode.MULTIRUN
    assert cfg.sweep_name == option
    assert swept(option)
    for word in swept(option):
        assert word.is_interval_sweep() or len(list(word.sweep_string_iterator())) > 1, word.input_line


@pytest.mark.parametrize("option", list_options("sweep"))
def test_each_of_its_values_is_another_job_that_can_be_built(option, tmp_path):
    """A job's own process gets the sweep's file, its values and hydra.mode=RUN."""
    for word in swept(option):
        key = word.get_key_element()
        values = list(word.sweep_string_iterator()) if word.is_discrete_sweep() else [word.value().start]
        if not list_options(key):  # each option is a file of its own; of folds, seeds and rates the ends stand for all
            values = [values[0], *values[1:][-1:]]
        found = []
        for value in values:
            found.append(config_hash(job_of(option, f"{key}={value}", tmp_path).config))
        assert len(set(found)) == len(values)


def test_an_optimiser_searches_in_the_direction_of_mode_with_a_seed():
    cfg = composed("optuna", "monitor=val/loss", "mode=min")
    assert cfg.hydra.sweeper.direction == "minimize"
    assert composed("optuna").hydra.sweeper.direction == "maximize"
    assert cfg.hydra.sweeper.sampler.seed is not None  # else the same command would search anew
