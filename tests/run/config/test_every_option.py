"""Composes, instantiates and steps every option of every group."""

from __future__ import annotations

import math

import pytest
import torch
from support import TINY, TINY_BATCH

from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose, compose_job, conf_dir, list_options
from fer_lightning.run.config.validate_config import validate_config
from fer_lightning.run.fit import fit
from fer_lightning.run.tracking import trackers

# nothing in these could step: folders, help texts, and sweeps, of which tests/conf/test_sweep_options.py takes care
NOT_STEPPED = {"paths", "hydra", "local", "sweep"}
GLOBAL = {"hydra", "local", "experiment", "sweep", "budget", "debug"}  # no key of their own: they change others
NEED_GPU = {"gpu", "ddp", "multinode"}
GROUPS = sorted(folder.name for folder in conf_dir().iterdir() if folder.is_dir())
# what a few tiny images need; {} is what the data set's fixture gives
FEW_MIXED = ["data.faces.per_class=8", "data.faces.lfw_images=24", "data.faces.test_images=24"]
DATA = {
    "synthetic": TINY,
    "ckplus": ["data.val_subjects=1", "data.fold=6"],  # of ten people in eight groups only the last two have two
    "jaffe": ["data.protocol=kfold_images"],  # its own protocol is test_only, where nothing trains
    "lfw_mixed": FEW_MIXED,
    "lfw_mixed_csv": [*FEW_MIXED, "data.faces.labels.path={}"],
    "lfw_mixed_pseudo": [
        *FEW_MIXED,
        "data.faces.labels.labeller.checkpoint={}",
        "data.faces.labels.threshold=0",  # the checkpoint has learned nothing
    ],
}
# a net of the paper's size takes seconds for a step on one core
SMALL_EDSR = ["model.net.blocks=1", "model.net.features=4"]
SMALL_BASE = ["model.net.name=resnet10t", "++model.net.options.channels=[8,8,8,8]", "++model.net.options.stem_width=8"]
MODEL = {
    "edsr": SMALL_EDSR,
    **{name: [*SMALL_EDSR, *SMALL_BASE] for name in ("b_base", "b_stn", "b_sr", "b_stn_sr")},
    "edge_cnn": ["model.input.size=24", "model.net.hidden=8"],
}
NEEDS = {
    "callbacks=snapshots": ["scheduler=cosine_restarts"],
    "callbacks=progressive": ["model=resnet"],
    "loss=pixel_l1": ["model=edsr"],
    "loss=pixel_l2": ["model=edsr"],
}  # a loss between images
CANNOT_TRAIN = {
    "lfw": r"data\.protocol=test_only: none of the 96 images has a label",
    "jaffe": r"data\.protocol=test_only has no image to train.* choose among kfold, paper_c_kfold, kfold_images, "
    "holdout",
}
STEPPED = [(group, option) for group in GROUPS if group not in NOT_STEPPED for option in list_options(group)]
# a paper's experiments are many, and each is options of other groups: they step with the slow tests
OPTIONS = [
    pytest.param(group, option, marks=[pytest.mark.slow] * (group == "experiment"))
    for group, option in STEPPED
    if (group, option) != ("data", "lfw")
]


def tiny_job(overrides, tmp_path, request, few=True):
    """The job on tiny files in the data set's own layout; without `few` under the data set's own settings."""
    overrides = [*overrides, *NEEDS.get(overrides[0], [])]
    asked = compose_job(overrides, tmp_path)
    data = asked.choices["data"]
    given = None if data == "synthetic" else request.getfixturevalue(f"tiny_{data}")
    needed = [override.format(given) for override in DATA.get(data, [])] if few else []
    if asked.config["data"]["protocol"] == "subject_10fold":
        needed = []  # ten people make its ten groups
    needed += MODEL.get(asked.choices["model"], [])
    return compose_job([*overrides, *TINY_BATCH, *needed], tmp_path)


@pytest.mark.parametrize(("group", "option"), OPTIONS)
def test_option_steps(group, option, tmp_path, request):
    overrides = [f"{group}={option}", "trainer.max_epochs=1"]
    if group != "debug":
        overrides.append("debug=fast")
    job = tiny_job(overrides, tmp_path, request)
    validate_config(job.config)
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
    parameters = list(run.module.net.parameters())
    moved = [not torch.equal(a, b) for a, b in zip(before, parameters, strict=True)]
    assert moved == [parameter.requires_grad for parameter in parameters]
    assert all(moved) or "freeze" in job.config["callbacks"]
    assert all(math.isfinite(outcome.metrics[name]) for name in ("train/loss", "val/loss", "test/loss"))
    assert run.epoch_log.test_images == min(len(run.datamodule.protocol.test), 2 * 16)
    assert outcome.confusion_matrix.sum() in (0, run.epoch_log.test_images)  # none of a net that enlarges


@pytest.mark.parametrize("option", CANNOT_TRAIN)
def test_data_without_a_training_side_are_refused_with_the_way_out(option, tmp_path, request):
    job = tiny_job([f"data={option}", "debug=fast"], tmp_path, request, few=False)
    validate_config(job.config)
    with pytest.raises(FerError, match=CANNOT_TRAIN[option]):
        build_run(job)


def test_every_group_is_a_folder_and_a_key():
    config = compose(["paths.output_dir=x"])
    assert set(GROUPS) - GLOBAL == {g for g in config if (conf_dir() / g).is_dir()}


@pytest.mark.parametrize("group", GROUPS)
def test_options_of_a_group_have_names_that_a_shell_takes(group):
    assert all(option.replace("_", "").isalnum() and option == option.lower() for option in list_options(group))
