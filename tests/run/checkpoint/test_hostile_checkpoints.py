"""Checkpoints that somebody else wrote run nothing, fetch nothing and write nothing, by fer-eval and by load."""

from __future__ import annotations

import builtins
import copy
import os
import socket
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hostile import CANARY, DEEP, ENDLESS, FILES, HOSTILE, SHARED
from support import TINY

import fer_lightning
from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose, compose_job, make_job
from fer_lightning.run.evaluate import evaluate


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    run = build_run(
        compose_job([*TINY, "debug=fast", "logger=none", "model.net.width=2", "model.net.hidden=4"], folder)
    )
    run.trainer.fit(run.module, datamodule=run.datamodule)
    saved = torch.load(folder / "checkpoints" / "best.ckpt", weights_only=True)
    return {part: saved[part] for part in ("fer_config", "state_dict")}


@pytest.fixture
def guarded(tmp_path, monkeypatch):
    """Fails where a socket is made, a process is started, or a file is opened to be written."""
    monkeypatch.setenv("SECRET", "s3cret")
    told: list[str] = []

    def refuse(name):
        def called(*arguments, **_):
            told.append(f"{name}{arguments!r:.80}")
            raise AssertionError(told[-1])

        return called

    opened = builtins.open

    def read_only(file, mode="r", *rest, **more):
        writes = set(mode) & set("wax+") and os.fspath(file) != os.devnull
        if writes and not Path(file).is_relative_to(tmp_path / "eval"):
            refuse("open")(file, mode)
        return opened(file, mode, *rest, **more)

    monkeypatch.setattr(socket, "socket", refuse("socket"))
    monkeypatch.setattr(socket, "getaddrinfo", refuse("getaddrinfo"))
    monkeypatch.setattr(subprocess, "Popen", refuse("Popen"))
    monkeypatch.setattr(os, "system", refuse("system"))
    monkeypatch.setattr(builtins, "open", read_only)
    yield told
    assert not told


@pytest.fixture(scope="module")
def evaluation():
    """The job of `fer-eval data=synthetic`, to which a checkpoint and a folder are still wanting."""
    return make_job(compose(["data=synthetic", *TINY, "ckpt=x", "paths.output_dir=x"], "eval"), [], Path("x"))


def hostile(trained, place, value, folder):
    """The checkpoint, with one value of its config written anew."""
    saved = {**trained, "fer_config": copy.deepcopy(trained["fer_config"])}
    found = saved["fer_config"]
    for key in place[:-1]:
        found = found.setdefault(key, {})
    found[place[-1]] = _aimed(value, str(folder / "canary"))
    torch.save(saved, folder / "hostile.ckpt")
    return folder / "hostile.ckpt"


def _aimed(value, canary):
    """The value with the canary's path; structures without an end are left as they are."""
    if any(value is endless for endless in (DEEP, ENDLESS, SHARED)):
        return value
    if isinstance(value, dict):
        return {key: _aimed(inner, canary) for key, inner in value.items()}
    if isinstance(value, list):
        return [_aimed(inner, canary) for inner in value]
    return value.replace(CANARY, canary) if isinstance(value, str) else value


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_and_nothing_runs(name, trained, evaluation, tmp_path, guarded):
    path = hostile(trained, *HOSTILE[name], tmp_path)
    job = replace(evaluation, config={**evaluation.config, "ckpt": str(path)}, output_dir=tmp_path / "eval")
    for read in (fer_lightning.load, lambda _: evaluate(job)):
        with pytest.raises(FerError, match=r"hostile\.ckpt") as refused:
            read(path)
        assert len(str(refused.value)) < 1500
        assert "s3cret" not in str(refused.value)
        assert not (tmp_path / "canary").exists()
        assert guarded == []
    assert not (tmp_path / "eval" / "result.json").exists()


@pytest.fixture(params=FILES)
def hostile_file(request, tmp_path):
    path = tmp_path / "hostile.ckpt"
    content = FILES[request.param](path)
    if content is not None:
        path.write_bytes(content)
    return path


def test_a_file_that_is_no_checkpoint_is_refused_and_nothing_runs(hostile_file, guarded):
    with pytest.raises(FerError, match=r"ckpt=.*hostile\.ckpt: ") as refused:
        fer_lightning.load(hostile_file)
    assert "weights_only" not in str(refused.value)
    assert guarded == []


@pytest.mark.parametrize(
    "weights",
    [
        {"net.classify.2.weight": torch.zeros(1).expand(10**12)},
        {"net.classify.2.weight": "a text"},
        {7: torch.zeros(1)},
        {"net.classify.2.weight": torch.full((4, 4), float("nan"))},
        {},
    ],
    ids=["one number that stands for terabytes", "a text", "a number for a name", "nan", "none"],
)
def test_weights_that_are_none_are_refused(trained, weights, tmp_path):
    path = tmp_path / "hostile.ckpt"
    torch.save({**trained, "state_dict": weights}, path)
    with pytest.raises(FerError, match=r"hostile\.ckpt"):
        fer_lightning.load(path)


FLAT = {"_target_": "torch.nn.Flatten"}


@pytest.mark.parametrize(
    "layer",
    [
        {"_target_": "torch.nn.Upsample", "scale_factor": 1000.0},
        {"_target_": "torch.nn.ZeroPad2d", "padding": 20_000},
        {"_target_": "torch.nn.AdaptiveAvgPool2d", "output_size": 30_000},
        {"_target_": "torch.nn.LazyConv2d", "out_channels": 10**7, "kernel_size": 31},
    ],
    ids=lambda layer: layer["_target_"],
)
def test_a_map_of_gigabytes_is_refused_before_its_memory_is_asked_for(layer, trained, tmp_path):
    net = {"_target_": "torch.nn.Sequential", "_args_": [layer, FLAT]}
    with pytest.raises(FerError, match=r"hostile\.ckpt: the net that it describes asks for gigabytes"):
        fer_lightning.load(hostile(trained, ("model", "net"), net, tmp_path))
