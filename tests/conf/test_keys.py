"""Every key of every YAML file is read by something."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hydra.utils import get_object
from omegaconf import OmegaConf

from fer_lightning.run.config.compose import compose, conf_dir, list_options, to_plain
from fer_lightning.run.config.signature_check import HYDRA_KEYS, get_parameters, iter_nodes

FILES = sorted(path.relative_to(conf_dir()).as_posix() for path in conf_dir().rglob("*.yaml"))
CODE = Path(__file__).parents[2] / "fer_lightning"


def merged(name):
    """The file with the files of its own group that it stands on, such as base/faces@_here_."""
    own = OmegaConf.load(conf_dir() / name)
    entries = [entry.partition("@") for entry in own.pop("defaults", []) if isinstance(entry, str)]
    bases = [base for base, _, package in entries if package != "_global_"]
    folder = (conf_dir() / name).parent.relative_to(conf_dir())
    return OmegaConf.merge(*(merged((folder / f"{base}.yaml").as_posix()) for base in bases if base != "_self_"), own)


@pytest.mark.parametrize("name", FILES)
def test_every_key_is_a_parameter_of_its_target(name):
    for place, node in iter_nodes(OmegaConf.to_container(merged(name), resolve=False)):
        known = get_parameters(get_object(node["_target_"]))
        assert set(node) - HYDRA_KEYS <= set(known), f"{name}: {place}"


@pytest.mark.parametrize("name", [name for name in FILES if "/" not in name])
def test_every_top_level_value_is_read_by_the_code(name):
    content = OmegaConf.load(conf_dir() / name)
    code = "\n".join(path.read_text() for path in CODE.rglob("*.py"))
    for key in set(content) - {"defaults", "hydra"}:
        assert f'"{key}"' in code, f"{name}: {key}"


def test_every_path_is_used_by_another_file():
    texts = "\n".join((conf_dir() / name).read_text() for name in FILES)
    for key in OmegaConf.load(conf_dir() / "paths" / "default.yaml"):
        assert f"${{paths.{key}}}" in texts, key


@pytest.mark.parametrize("name", FILES)
def test_files_begin_with_a_sentence_for_people(name):
    lines = [line for line in (conf_dir() / name).read_text().splitlines() if line != "# @package _global_"]
    assert re.match(r"# .{15,}", lines[0])


def test_a_file_is_read_together_with_the_files_that_it_stands_on():
    fer2013, mixed = merged("data/fer2013.yaml"), merged("data/lfw_mixed.yaml")
    assert fer2013.report_copies is True
    assert fer2013._target_ == "fer_lightning.data.datamodule.FaceDataModule"
    assert mixed.faces.per_class == 3269
    assert mixed.locate.on_none == "whole"
    assert "defaults" not in mixed


@pytest.mark.parametrize("model", list_options("model"))
def test_the_file_of_a_model_sets_monitor_to_the_main_metric_of_its_module(model):
    config = to_plain(compose([f"model={model}", "paths.output_dir=x"]))
    assert config["monitor"] == f"val/{get_object(config['model']['_target_']).main_metric}"
