"""Composes, instantiates and steps every option of every group."""

from __future__ import annotations

import math

import pytest
import torch
from support import TINY, TINY_BATCH

from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.check import check
from fer_lightning.run.compose import compose, compose_job, conf_dir, options
from fer_lightning.run.fit import fit
from fer_lightning.run.tracking import trackers

# these choose folders and help texts, nothing that could step
NOT_STEPPED = {"paths", "hydra", "local"}
NEED_GPU = {"gpu", "ddp", "multinode"}
GROUPS = sorted(folder.name for folder in conf_dir().iterdir() if folder.is_dir())
OPTIONS = [(group, option) for group in GROUPS if group not in NOT_STEPPED for option in options(group)]


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_option_steps(group, option, tmp_path, request):
    overrides = [f"{group}={option}", "trainer.max_epochs=1"]
    if group != "debug":
        overrides.append("debug=fast")
    data = compose_job(overrides, tmp_path).choices["data"]
    if data != "synthetic":
        request.getfixturevalue(f"tiny_{data}")  # its files, in its own layout
    job = compose_job([*overrides, *(TINY if data == "synthetic" else TINY_BATCH)], tmp_path)
    check(job.config)
    if option in NEED_GPU and not torch.cuda.is_available():
        with pytest.raises(FerError, match="torch finds no GPU here; choose trainer=cpu"):
            build_run(job)
        return
    run = build_run(job)
    if run.trainer.world_size > 1:
        return  # processes of their own are for the slow tests
    before = [p.detach().clone() for p in run.module.net.parameters()]
    outcome = fit(run)
    trackers.close(run.trainer.loggers, failed=False)
    moved = [not torch.equal(a, b) for a, b in zip(before, run.module.net.parameters(), strict=True)]
    assert all(moved)
    assert all(math.isfinite(outcome.metrics[name]) for name in ("train/loss", "val/loss", "test/loss"))
    assert outcome.confusion_matrix.sum() == min(len(run.datamodule.protocol.test), 2 * 16)


def test_every_group_is_a_folder_and_a_key():
    config = compose(["paths.output_dir=x"])
    assert set(GROUPS) - {"hydra", "local", "experiment", "debug"} == {g for g in config if (conf_dir() / g).is_dir()}


@pytest.mark.parametrize("group", GROUPS)
def test_options_of_a_group_have_names_that_a_shell_takes(group):
    assert all(option.replace("_", "").isalnum() and option == option.lower() for option in options(group))
