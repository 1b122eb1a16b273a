"""docs/wandb_sweep.yaml asks fer-train for what it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from fer_lightning.run.config.compose import compose

FILE = Path(__file__).parents[3] / "docs" / "wandb_sweep.yaml"


@pytest.fixture(scope="module")
def sweep():
    return OmegaConf.to_container(OmegaConf.load(FILE), resolve=False)


def test_every_value_that_an_agent_may_pass_composes(sweep):
    assert sweep["command"][0] == "fer-train"
    fixed = [word for word in sweep["command"][1:] if not word.startswith("${")]
    for key, chosen in sweep["parameters"].items():
        for value in chosen.get("values") or [chosen["min"], chosen["max"]]:
            config = compose([*fixed, f"{key}={value}", "paths.output_dir=x"])
            assert "wandb" in config.logger


def test_it_watches_what_chooses_the_checkpoint(sweep):
    config = compose(["paths.output_dir=x"])
    assert (sweep["metric"]["name"], sweep["metric"]["goal"]) == (config.monitor, f"{config.mode}imize")
