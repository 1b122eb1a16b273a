"""`init_from=CKPT`: which weights a net begins with."""

from __future__ import annotations

import logging

import pytest
import torch
from support import TINY

from fer_lightning.data.expressions import EXPRESSIONS
from fer_lightning.errors import FerError
from fer_lightning.run.build import build_module, build_run
from fer_lightning.run.checkpoint.init_weights import load_initial_weights
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit

HEAD = "classify.5"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    run = build_run(compose_job([*TINY, "debug=fast", "model=stn_cnn", "logger=none"], folder))
    fit(run)
    return run, folder / "checkpoints" / "best.ckpt"


def fresh(folder, *overrides):
    config = compose_job(["model=stn_cnn", "seed=1", *overrides], folder).config
    torch.manual_seed(1)
    return build_module(config, config["data"]["class_names"])


def states(*modules):
    return [{name: value.clone() for name, value in module.net.state_dict().items()} for module in modules]


def test_the_same_classes_take_every_tensor_of_the_net_and_nothing_else(trained, tmp_path):
    module = fresh(tmp_path)
    mean = module.pixel_mean.clone()
    names = load_initial_weights(module, trained[1])
    ours, theirs = states(module, trained[0].module)
    assert set(names) == set(ours)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert torch.equal(module.pixel_mean, mean)


@pytest.mark.parametrize(
    "names", [["sad", "happy"], [*reversed(EXPRESSIONS)], ["happy", "smug", "angry"]], ids=["fewer", "turned", "other"]
)
def test_a_class_keeps_its_weights_whatever_its_number(trained, tmp_path, names, caplog):
    module = fresh(tmp_path, f"data.class_names={names}".replace("'", ""))
    before, theirs = states(module, trained[0].module)
    with caplog.at_level(logging.INFO):
        load_initial_weights(module, trained[1].parents[1])  # the folder of a run
    (after,) = states(module)
    for part in ("weight", "bias"):
        key = f"cnn.{HEAD}.{part}"
        for row, name in enumerate(names):
            source = theirs[key][EXPRESSIONS.index(name)] if name in EXPRESSIONS else before[key][row]
            assert torch.equal(after[key][row], source), name
    rest = [key for key in after if HEAD not in key]
    assert all(torch.equal(after[key], theirs[key]) for key in rest)
    assert "tensors loaded: stn.localisation.1.0.weight" in caplog.text
    if "smug" in names:
        assert f"cnn.{HEAD}.weight (smug)" in caplog.text.split("new, as the model starts them")[1]


def test_tensors_of_another_shape_stay_new_and_are_named(trained, tmp_path, caplog):
    module = fresh(tmp_path, "model.net.hidden=64")
    (before,) = states(module)
    with caplog.at_level(logging.INFO):
        names = load_initial_weights(module, trained[1])
    (after,) = states(module)
    changed = {key for key in after if "classify" in key and "5.bias" not in key}
    assert set(names) == set(after) - changed
    assert all(torch.equal(after[key], before[key]) for key in changed)
    assert "cnn.classify.2.weight (64x2048, not 512x2048)" in caplog.text


@pytest.mark.parametrize("model", [["model=timm", "model.net.name=resnet10t"], ["model=resnet"], ["model=cnn"]])
def test_another_net_is_refused(trained, tmp_path, model):
    module = build_module(compose_job(model, tmp_path).config, EXPRESSIONS)
    with pytest.raises(FerError, match=r"init_from=.*best\.ckpt: none of its \d+ weights fits this net"):
        load_initial_weights(module, trained[1])


def test_a_counter_that_fits_any_net_is_no_weight(tmp_path):
    cnn = build_run(compose_job([*TINY, "debug=fast", "logger=none"], tmp_path))
    fit(cnn)
    module = build_module(compose_job(["model=resnet"], tmp_path).config, EXPRESSIONS)
    shared = set(cnn.module.net.state_dict()) & set(module.net.state_dict())
    assert any(name.endswith("num_batches_tracked") for name in shared)
    with pytest.raises(FerError, match="none of its"):
        load_initial_weights(module, tmp_path / "checkpoints" / "best.ckpt")


def test_no_such_file(tmp_path):
    with pytest.raises(FerError, match=r"init_from=.*x\.ckpt: no such file"):
        load_initial_weights(fresh(tmp_path), tmp_path / "x.ckpt")
