"""A job of a sweep as Hydra hands it to its launcher, without the minutes that a training takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.hydra_config import HydraConfig
from omegaconf import open_dict
from support import TINY

from fer_lightning.results.sweep import JobState, SweepState
from fer_lightning.run.config.compose import conf_dir, register_resolvers
from fer_lightning.run.sweep import state


@pytest.fixture
def sweep_dir(tmp_path) -> Path:
    """A sweep over seed=0,1, planned."""
    folder = tmp_path / "my sweep"
    folder.mkdir()
    jobs = [JobState(f"seed={n}", f"seed={n}", [*TINY, f"seed={n}"]) for n in (0, 1)]
    state.write_plan(folder, SweepState(folder.name, "fer-train -m", [], ["seed"], 2, "t", "t", jobs))
    return folder


@pytest.fixture
def composed(sweep_dir):
    """A function from the overrides of one job, and those of Hydra, to the config that Hydra composes for it."""

    def make(*overrides: str, hydra: tuple[str, ...] = ()):
        register_resolvers()
        with initialize_config_dir(str(conf_dir()), version_base="1.3"):
            own = [*hydra, "hydra.mode=MULTIRUN", f"hydra.sweep.dir='{sweep_dir}'"]
            cfg = compose("train", [*own, *overrides, "paths.output_dir=x"], return_hydra_config=True)
        cfg.hydra.overrides.task = list(overrides)
        HydraConfig.instance().set_config(cfg)
        with open_dict(cfg):
            cfg.pop("hydra")
        return cfg

    return make
