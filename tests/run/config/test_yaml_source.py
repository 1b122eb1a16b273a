"""A YAML file that cannot be read ends every command in one line: the file, the line, the reason."""

from __future__ import annotations

import re

import pytest
from support import call

from fer_lightning.commands import audit, evaluate, report, train
from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import compose

PACKAGE = b"# @package _global_\n"
UNREADABLE = [
    pytest.param(b"optimizer:\n\tlr: 1\n", 2, "a tab; YAML is indented by spaces", id="tab"),
    pytest.param(b"optimizer: {lr: 1}\noptimizer: {lr: 2}\n", 2, "the key optimizer stands twice, first in line 1"),
    pytest.param(b"data: {faces: {labels: {0: sad,\n 0: fear}}}\n", 2, "the key 0 stands twice", id="number twice"),
    pytest.param(b"data: {faces: {labels: {\n yes: happy}}}\n", 2, 'yes is a truth value .* write "yes"', id="yes"),
    pytest.param(b"a: !!python/object/apply:os.system [ls]\n", 1, "no(t| ).*constructor for the tag", id="python"),
    pytest.param(b"optimizer: [a\n", 2, "expected ',' or ']'", id="bracket"),
    pytest.param(b"a: 1\n---\nb: 2\n", 2, "another document", id="two documents"),
    pytest.param("optimizer: {lr: 1}\n".encode("utf-16"), 1, "not UTF-8; save the file as UTF-8", id="UTF-16"),
    pytest.param("a: 1\n# für\n".encode("latin-1"), 2, "not UTF-8", id="Latin-1"),
    pytest.param(b"a: \x07\n", None, "special characters are not allowed", id="control sign"),
    pytest.param(b"", None, "the file is empty", id="empty"),
    pytest.param(b"\xef\xbb\xbf \n", None, "the file is empty", id="a byte order mark alone"),
    pytest.param(b"- cnn\n- adam\n", None, "lines of `key: value`", id="list"),
    pytest.param(b"cnn\n", None, "lines of `key: value`", id="word"),
    pytest.param(b"a: ${b\n", None, ".", id="interpolation"),
    pytest.param(b"# @package _global_ # mine\na: 1\n", None, "write `# @package NAME` and nothing else", id="header"),
    pytest.param(b"defaults: cnn\n", None, "`defaults` must be a list", id="defaults a word"),
    pytest.param(b"defaults: [{override /model: 5}]\n", None, '5; .* in quotes, as in "5"', id="defaults a number"),
    pytest.param(b"defaults: [{a: b, c: d}]\n", None, "a line each", id="defaults two in one"),
    pytest.param(b"[" * 5000, None, "nested too deeply", id="nested"),
]


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A folder for `--config-dir`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine/experiment").mkdir(parents=True)
    return tmp_path / "mine"


def composed(folder, *overrides):
    return compose([f"hydra.searchpath=['file://{folder}']", *overrides, "paths.output_dir=x"])


@pytest.mark.parametrize(("content", "line", "reason"), UNREADABLE)
def test_file_line_and_reason_are_named(mine, content, line, reason):
    path = mine / "experiment/own.yaml"
    path.write_bytes(content)
    place = re.escape(str(path)) + (f", line {line}" if line else "")
    with pytest.raises(FerError, match=f"^{place}: .*{reason}"):
        composed(mine, "experiment=own")


@pytest.mark.parametrize("command", [train, evaluate, audit, report])
@pytest.mark.parametrize("flags", [[], ["--cfg=job"], ["--help"], ["--info=defaults"]])
def test_every_command_ends_in_that_line(mine, capfd, command, flags):
    (mine / "hydra").mkdir()
    (mine / "hydra/own.yaml").write_bytes(b"job_logging:\n\tversion: 1\n")
    assert call(command.main, "--config-dir", mine, *flags, "hydra=own", "hydra.run.dir=x") == 1
    err = capfd.readouterr().err
    assert f"error: {mine / 'hydra/own.yaml'}, line 2: a tab" in err
    assert "Traceback" not in err
    assert err.count("error: ") == 1


@pytest.mark.parametrize(
    "head",
    [
        PACKAGE,
        b"",
        b"# Mine.\n",
        b"\xef\xbb\xbf" + PACKAGE,
        b"# Mine.\n" + PACKAGE,
        b"\n" + PACKAGE.replace(b"\n", b"\r\n"),
    ],
)
def test_an_experiment_is_global_whatever_stands_above_it(mine, head):
    (mine / "experiment/own.yaml").write_bytes(head + b"defaults: [override /model: resnet]\noptimizer: {lr: 0.5}\n")
    cfg = composed(mine, "experiment=own")
    assert (cfg.optimizer.lr, cfg.model.net._target_) == (0.5, "fer_lightning.nets.resnet.ResNet")
    assert "experiment" not in cfg


def test_another_package_counts_where_it_is_named(mine):
    (mine / "experiment/own.yaml").write_bytes(b"# @package optimizer\nlr: 0.5\n")
    assert composed(mine, "experiment=own").optimizer.lr == 0.5


def test_the_ending_yml_is_read_and_listed(mine, capfd):
    (mine / "experiment/own.yml").write_bytes(b"optimizer: {lr: 0.5}\n")
    assert composed(mine, "experiment=own").optimizer.lr == 0.5
    assert call(train.main, "--config-dir", mine, "experiment=onw") == 1
    assert "ferplus_strong, own, paper_a" in capfd.readouterr().err


def test_two_endings_of_one_name_are_refused(mine):
    for ending in ("yaml", "yml"):
        (mine / f"experiment/own.{ending}").write_bytes(b"optimizer: {lr: 0.5}\n")
    with pytest.raises(FerError, match=r"own\.yaml and .*own\.yml have the same name"):
        composed(mine, "experiment=own")
