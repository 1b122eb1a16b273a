"""Nets from a package of one's own: what a checkpoint may name of it, when it is trusted or registered."""

from __future__ import annotations

import re
import sys

import pytest
import torch
from support import TINY, call
from torch import nn

import fer_lightning
from fer_lightning.commands.train import main
from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.checkpoint.allowed_targets import find_forbidden
from fer_lightning.run.checkpoint.builder import Builder
from fer_lightning.run.checkpoint.restore import describe_restore_needs, restore
from fer_lightning.run.checkpoint.trusted_packages import parse_trusted
from fer_lightning.run.config.compose import compose_job, list_options
from fer_lightning.run.config.validate_config import validate_config

NETS = """
from pathlib import Path
from torch import nn

class Own(nn.Sequential):
    def __init__(self, num_classes: int) -> None:
        super().__init__(nn.Flatten(), nn.Linear(32 * 32, num_classes))

def built(num_classes: int) -> Own:
    return Own(num_classes)

def unsaid(num_classes: int):
    return Own(num_classes)

def wipe(num_classes: int) -> None:
    Path("wiped").touch()

class Writer:
    def __init__(self, num_classes: int) -> None:
        wipe(num_classes)
"""
OWN = ["~model.net", "+model.net={_target_: ownnets.nets.Own, num_classes: 8}"]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A folder on Python's path with a package `ownnets`; what it imports is forgotten afterwards."""
    folder = tmp_path / "site"
    (folder / "ownnets").mkdir(parents=True)
    (folder / "ownnets" / "__init__.py").write_text("")
    (folder / "ownnets" / "nets.py").write_text(NETS)
    (folder / "ownnets" / "script.py").write_text("from pathlib import Path\nPath('wiped').touch()\n" + NETS)
    monkeypatch.syspath_prepend(folder)
    monkeypatch.chdir(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "ownnets"]:
        del sys.modules[name]


def register(folder, value):
    about = folder / "ownnets-0.1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: ownnets\nVersion: 0.1\n")
    (about / "entry_points.txt").write_text(f"[fer_lightning.nets]\nown = {value}\n")


@pytest.fixture
def checkpoint(tiny_checkpoint, package, tmp_path):
    """Writes a checkpoint whose net is the named object of the package."""

    def write(target):
        saved = torch.load(tiny_checkpoint, weights_only=True)
        config = saved["fer_config"]
        config["model"]["net"] = {"_target_": target, "num_classes": len(config["class_names"])}
        weights = nn.Linear(32 * 32, len(config["class_names"])).state_dict()
        others = {name: value for name, value in saved["state_dict"].items() if not name.startswith("net.")}
        weights = {f"net.1.{name}": value for name, value in weights.items()}
        torch.save({"fer_config": config, "state_dict": {**others, **weights}}, tmp_path / "own.ckpt")
        return tmp_path / "own.ckpt"

    return write


@pytest.mark.parametrize("target", ["ownnets.nets.Own", "ownnets.nets.built"])
@pytest.mark.parametrize("trust", ["ownnets", ["ownnets"], ["json", "ownnets.nets"]])
def test_a_trusted_package_is_read(checkpoint, target, trust):
    recognizer = fer_lightning.load(checkpoint(target), trust=trust)
    assert type(recognizer.module.net).__name__ == "Own"


def test_the_refusal_names_the_way_out_and_imports_nothing(checkpoint):
    with pytest.raises(FerError, match=r'own\.ckpt: model\.net\._target_=.*trust=\["ownnets"\]'):
        fer_lightning.load(checkpoint("ownnets.script.Own"))
    assert "ownnets" not in sys.modules


@pytest.mark.parametrize(
    ("target", "trust"),
    [
        ("ownnets.nets.wipe", ["ownnets"]),
        ("ownnets.nets.Writer", ["ownnets"]),
        ("ownnets.nets.unsaid", ["ownnets"]),
        ("ownnets.nets.Path", ["ownnets"]),
        ("ownnets.nets.nn.Sequential", ["ownnets"]),
        ("ownnets.nets.Own", ["ownnets.nets.built"]),
        ("ownnets.script.Own", ["ownnets.nets"]),
        ("ownnets.nets.missing", ["ownnets"]),
    ],
)
def test_of_a_trusted_package_only_what_builds_nets(checkpoint, target, trust, tmp_path):
    with pytest.raises(FerError, match=r"own\.ckpt: model\.net\._target_="):
        restore(checkpoint(target), trust=trust)
    assert not (tmp_path / "wiped").exists()


@pytest.mark.parametrize("value", ["ownnets", "ownnets.nets", "ownnets.nets:Own"])
def test_a_registered_net_is_read_without_trust(checkpoint, package, value):
    register(package, value)
    path = checkpoint("ownnets.nets.Own")
    if value == "ownnets":  # an empty module: what it does not import itself is not imported for a checkpoint
        with pytest.raises(FerError, match="trust"):
            fer_lightning.load(path)
    else:
        assert fer_lightning.load(path).module.net


@pytest.mark.parametrize("target", ["script.Own", "nets.wipe", "nets.Writer", "nets.nn.Flatten"])
def test_a_registered_package_runs_nothing_else(checkpoint, package, target, tmp_path):
    register(package, "ownnets.nets")
    with pytest.raises(FerError, match=r"own\.ckpt: model\.net\._target_="):
        fer_lightning.load(checkpoint(f"ownnets.{target}"))
    assert not (tmp_path / "wiped").exists()


def test_a_registered_module_that_is_gone_is_named(checkpoint, package):
    register(package, "ownnets.gone")
    with pytest.raises(FerError, match=r"ownnets\.gone cannot be imported .*entry point own"):
        fer_lightning.load(checkpoint("ownnets.gone.Own"))


@pytest.mark.parametrize("trust", [3, ["no_such_package_here"], ["a-b"], [1], ["x.__main__"], {"a": 1}, ["os.path; x"]])
def test_trust_that_names_no_package(trust):
    with pytest.raises(FerError, match="trust="):
        parse_trusted(trust)


def test_nothing_is_trusted_by_default():
    assert parse_trusted(None) == parse_trusted([]) == ()


def test_a_training_says_what_its_checkpoint_needs(package, tmp_path):
    needs = describe_restore_needs(compose_job(OWN, tmp_path).config)
    assert needs is not None
    assert "trust=[ownnets]" in needs
    register(package, "ownnets.nets")
    assert describe_restore_needs(compose_job(OWN, tmp_path).config) is None


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["loss._target_=torch.nn.functional.cross_entropy"], "will not read .*cross_entropy"),
        (["model.net._target_=ownnets.nets.unsaid"], "will not read .*annotated"),
        (["+model._recursive_=false"], "will not read .*_recursive_"),
    ],
)
def test_a_training_says_what_nothing_will_read(package, overrides, words, tmp_path):
    config = compose_job(overrides, tmp_path).config
    assert re.search(words, str(describe_restore_needs(config)))


def test_every_option_of_ours_needs_nothing(tmp_path):
    groups = {group: list_options(group) for group in ("model", "loss", "optimizer", "scheduler", "preprocess")}
    for number in range(max(map(len, groups.values()))):
        chosen = [f"{group}={found[number % len(found)]}" for group, found in groups.items()]
        assert describe_restore_needs(compose_job(chosen, tmp_path).config) is None, chosen


@pytest.mark.parametrize(
    "node",
    [
        {"_target_": "torchvision.models.resnet18", "num_classes": 3, "weights": None},
        {"_target_": "torchvision.models.resnet.resnet18", "num_classes": 3},
        {"_target_": "timm.create_model", "model_name": "resnet10t", "num_classes": 3, "pretrained": True},
        {
            "_target_": "torch.nn.Sequential",
            "_args_": [{"_target_": "torch.nn.Flatten"}, {"_target_": "torch.nn.ReLU"}],
        },
        {"_target_": "albumentations.HorizontalFlip", "p": 0.5},
        {"_target_": "torch.nn.modules.loss.L1Loss"},
        {"_target_": "torch.optim.SGD", "lr": 0.1, "_partial_": True},
    ],
    ids=lambda node: node["_target_"],
)
def test_what_is_listed_is_built(node, monkeypatch):
    monkeypatch.setattr("socket.socket", lambda *_, **__: pytest.fail("a socket was made"))
    assert not list(find_forbidden({"x": node}, ["x"], ()))
    assert Builder("x.ckpt", ())("x", node)


def test_a_key_that_was_inherited_is_told_with_its_file(package, tmp_path, capsys):
    folder = tmp_path / "mine" / "model"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text("defaults: [cnn]\nnet: {_target_: ownnets.nets.Own}\n")
    arguments = ["--config-dir", tmp_path / "mine", "model=own", *TINY, f"hydra.run.dir={tmp_path / 'run'}"]
    assert call(main, *arguments) == 1
    said = capsys.readouterr().err
    assert (
        "has no such parameter; choose among num_classes. own.yaml inherits model.net.channels, model.net.size" in said
    )
    assert "conf/model/cnn.yaml: take cnn out of its defaults" in said
    assert "'~model.net.channels'" in said


def test_a_key_of_ones_own_file_is_told_without(package, tmp_path):
    job = compose_job([*OWN, "+model.net.width=3"], tmp_path)
    with pytest.raises(FerError, match=r"model\.net\.width: .*choose among num_classes$"):
        validate_config(job.config)


def test_a_net_of_ones_own_trains_and_is_read(package, tmp_path):
    run = build_run(compose_job([*TINY, *OWN, "debug=fast", "logger=none"], tmp_path / "run"))
    run.trainer.fit(run.module, datamodule=run.datamodule)
    best = tmp_path / "run" / "checkpoints" / "best.ckpt"
    saved = torch.load(best, weights_only=True)["state_dict"]
    assert torch.equal(restore(best, trust="ownnets").module.net[1].weight, saved["net.1.weight"])
