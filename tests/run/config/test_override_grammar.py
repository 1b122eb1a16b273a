"""Overrides are read as they are typed: paths with any signs, maps and lists as YAML has them, any letter."""

from __future__ import annotations

from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from support import TINY, call

from fer_lightning.commands import evaluate, train
from fer_lightning.config_keys import KEYS
from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import compose, compose_job, to_plain
from fer_lightning.run.config.override_grammar import expand_home, to_hydra

PLACES = ["results", "paths.log_dir", "hydra.run.dir"]
PLACES += [row.path.replace("*", "own") for row in KEYS if row.place and row.path not in ("paths", "results")]
SIGNS = [
    "logs/sweeps/nets/model=cnn,seed=0/checkpoints/best.ckpt",
    "epoch=3-val_acc=0.71, best.ckpt",
    'my nets (old)/it\'s "new"/best',
    "[1]/{a: b}",
    "Größe/喜び",
    "dir(1)",
    "5",
    "true",
    " x ",
    "a\\b",
    "#1!&;|<>*?",
]


def read(word):
    """The values that Hydra reads."""
    (parsed,) = OverridesParser.create().parse_overrides([to_hydra(word)])
    return list(parsed.sweep_iterator()) if parsed.is_sweep_override() else [parsed.value()]


def texts(word):
    return [getattr(value, "text", value) for value in read(word)]


@pytest.mark.parametrize("key", PLACES)
def test_every_place_is_one_text_as_typed(key):
    assert [texts(f"{key}={path}") for path in SIGNS] == [[path] for path in SIGNS]


@pytest.mark.parametrize(
    "paths",
    [
        ["plain/best.ckpt", "../b/last.ckpt"],
        ["nets/model=cnn,seed=0/best.ckpt", "plain/best.ckpt", "nets/model=stn_cnn,seed=0/best.ckpt"],
        ["my nets (old)/it's/best.ckpt", "[1]/best.ckpt"],
    ],
)
def test_commas_separate_checkpoints(paths):
    assert texts(f"ckpt={','.join(paths)}") == paths


def test_commas_separate_places_that_are_there_unless_all_together_are_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b=c"):
        Path(name).mkdir()
    assert texts("data.faces.dir=a,b=c") == ["a", "b=c"]
    assert texts("data.faces.dir=a,absent") == ["a,absent"]
    Path("a,b=c").mkdir()
    assert texts("data.faces.dir=a,b=c") == ["a,b=c"]


@pytest.mark.parametrize(
    "word",
    [
        "ckpt=null", "ckpt=", "ckpt=a.ckpt,b.ckpt", "ckpt='a=b.ckpt'", "ckpt=choice(a.ckpt,b.ckpt)",
        "ckpt='a b.ckpt','c=d.ckpt'", "hydra.run.dir=a\\ run\\,\\ \\=1", "results=[a,b]",
        "hydra.run.dir=${paths.log_dir}/x", "data=a,b", "seed=0",
        "data.fold=range(0,3)", "~callbacks.last", "--help", "data.class_names=[yes,no]", "seed=[", "x='a",
    ],
)  # fmt: skip
def test_what_hydra_reads_already_or_nobody_can_is_left_as_it_is(word):
    assert to_hydra(word) == word


def test_home_is_where_a_path_begins_with_a_tilde(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path / "me (1)"))
    assert texts("data.faces.dir=~/faces") == [f"{tmp_path}/me (1)/faces"]
    in_quotes = to_plain(compose(["data=folder", "data.faces.dir='~/faces'", "paths.output_dir=x"]))
    assert in_quotes["data"]["faces"]["dir"] == f"{tmp_path}/me (1)/faces"
    monkeypatch.chdir(tmp_path)
    Path("~noone").mkdir()
    assert expand_home("~noone", "x") == "./~noone"
    with pytest.raises(FerError, match=r"^init_from=~nowho/x: ~nowho is the home folder of nobody here"):
        to_hydra("init_from=~nowho/x")


@pytest.mark.parametrize("variable", ["FER_LOGS", "FER_DATA", "FER_CACHE"])
@pytest.mark.parametrize("command", [train, evaluate])
def test_a_variable_with_the_home_of_nobody_is_named(monkeypatch, capfd, variable, command):
    monkeypatch.setenv(variable, "~noone/x")
    assert call(command.main, "data=fer2013", "ckpt=x" if command is evaluate else "seed=0") == 1
    err = capfd.readouterr().err
    assert f"error: {variable}=~noone/x: ~noone is the home folder of nobody here" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("{drop_rate: 0.3}", {"drop_rate": 0.3}),
        ('{"0": happy, "1": sad}', {"0": "happy", "1": "sad"}),
        ("{'very happy, or so': happy, a/b: \"s:ä\"}", {"very happy, or so": "happy", "a/b": "s:ä"}),
        ("{1: [x, ü, 2], 'b': }", {"1": ["x", "ü", 2], "b": None}),
    ],
)
def test_maps_are_those_of_yaml_and_may_bring_keys(typed, value):
    config = to_plain(compose(["model=timm", f"model.net.options={typed}", "paths.output_dir=x"]))
    assert config["model"]["net"]["options"] == value


@pytest.mark.parametrize("key", ["é è", "true", "null", "1e3"])
def test_a_key_that_hydra_has_no_grammar_for_is_refused(key):
    with pytest.raises(FerError, match=f"no map with the key {key} here; write it into a YAML file"):
        to_hydra(f'data.faces.labels={{"{key}": happy, "ü": sad}}')


def test_a_map_goes_over_what_a_file_says_key_by_key():
    labels = to_plain(compose(["data=rafdb", 'data.faces.labels={"1": sad}', "paths.output_dir=x"]))["data"]["faces"][
        "labels"
    ]
    assert (labels["1"], labels["2"], len(labels)) == ("sad", "fear", 7)


def test_several_maps_can_be_swept_over():
    assert read("model.net.options={a: 1},{'b': 2}") == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize(
    ("typed", "value"),
    [("[fröhlich,yes,1]", ["fröhlich", "yes", 1]), ("[a b (1), 'c,d']", ["a b (1)", "c,d"])],
)
def test_lists_hold_any_letter(typed, value):
    (found,) = read(f"data.class_names={typed}")
    assert found == value


def test_a_text_that_hydra_refuses_is_taken_as_typed():
    assert texts("title=Größe (neu) = 1") == ["Größe (neu) = 1"]
    assert to_hydra("title=ä,b") == "title=ä,b"


def test_overrides_from_python_are_read_the_same_way(tmp_path):
    job = compose_job(["data=folder", "data.faces.dir=/a=b, (c)"], tmp_path / "run")
    assert job.config["data"]["faces"]["dir"] == "/a=b, (c)"


@pytest.mark.slow
def test_a_run_takes_its_paths_as_typed(tmp_path, capfd):
    first, second = tmp_path / "first", tmp_path / "a=1, (b) é"
    assert call(train.main, *TINY, "debug=fast", f"hydra.run.dir={first}") == 0
    weights = tmp_path / "epoch=3-val_acc=0.71, best.ckpt"
    (first / "checkpoints/best.ckpt").rename(weights)
    assert call(train.main, *TINY, "debug=fast", f"init_from={weights}", f"hydra.run.dir={second}") == 0
    assert (second / "result.json").is_file()
    words = [f"ckpt={weights}", "data=synthetic", *TINY, f"hydra.run.dir={tmp_path / 'x=y'}"]
    assert call(evaluate.main, *words) == 0
    assert (tmp_path / "x=y" / "result.json").is_file()
