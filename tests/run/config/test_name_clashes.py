"""A user's YAML file never loses against one of ours in silence: two of one name are refused, in every command."""

from __future__ import annotations

import shutil

import pytest
from support import call

from fer_lightning.commands import audit, evaluate, report, train
from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import compose, conf_dir
from fer_lightning.run.config.name_clashes import check_name_clashes

OURS = sorted(path.relative_to(conf_dir()) for path in conf_dir().rglob("*.yaml"))


@pytest.mark.parametrize("file", OURS, ids=str)
def test_the_name_of_any_file_of_ours_is_refused(tmp_path, file):
    own = tmp_path / file
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("seed: 1\n")
    with pytest.raises(FerError) as refused:
        check_name_clashes([f"--config-dir={tmp_path}"], conf_dir())
    assert str(refused.value).startswith(f"{own} has the name of {conf_dir() / file}, which would be read in its place")


@pytest.mark.parametrize("command", [train, evaluate, audit, report])
@pytest.mark.parametrize("flags", [[], ["--cfg=job"], ["--help"]])
def test_every_command_refuses(tmp_path, capfd, command, flags):
    (tmp_path / "data").mkdir()
    (tmp_path / "data/jaffe.yml").write_text("seed: 1\n")
    assert call(command.main, *flags, "--config-dir", tmp_path) == 1
    assert f"error: {tmp_path}/data/jaffe.yml has the name of {conf_dir()}/data/jaffe.yaml" in capfd.readouterr().err


def test_hydras_search_path_is_no_way_round(tmp_path):
    (tmp_path / "one/model").mkdir(parents=True)
    (tmp_path / "one/model/cnn.yaml").write_text("seed: 1\n")
    with pytest.raises(FerError, match=r"model/cnn\.yaml has the name of"):
        compose([f"hydra.searchpath=['file://{tmp_path}/one']"])
    with pytest.raises(FerError, match=r"/two: no such folder"):
        compose([f"hydra.searchpath=['{tmp_path}/two']"])


def test_two_folders_of_a_user_are_compared_too(tmp_path):
    for folder, seed in (("one", 1), ("two", 2)):
        (tmp_path / folder / "model").mkdir(parents=True)
        (tmp_path / folder / "model/wide.yaml").write_text(f"seed: {seed}\n")
    words = [f"--config-dir={tmp_path}/one", f"hydra.searchpath=['file://{tmp_path}/two','pkg://absent']"]
    with pytest.raises(FerError, match=r"two/model/wide\.yaml has the name of .*one/model/wide\.yaml"):
        check_name_clashes(words, conf_dir())


def test_a_copy_of_conf_is_no_harm_but_what_was_changed_in_it(tmp_path):
    shutil.copytree(conf_dir(), tmp_path / "mine")
    check_name_clashes([f"--config-dir={tmp_path}/mine"], conf_dir())
    check_name_clashes([f"--config-dir={conf_dir()}"], conf_dir())
    with (tmp_path / "mine/model/resnet.yaml").open("a") as stream:
        stream.write("mirror_test: true\n")
    with pytest.raises(FerError, match=r"mine/model/resnet\.yaml has the name"):
        check_name_clashes([f"--config-dir={tmp_path}/mine"], conf_dir())
