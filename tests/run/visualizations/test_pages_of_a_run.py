"""Pages from the command line to the run's folder."""

from __future__ import annotations

import json

import pytest
from support import TINY, call

from fer_lightning.commands import evaluate, train
from fer_lightning.errors import FerError
from fer_lightning.results.result import config_hash, read
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.config.validate_config import validate_config

PAGES = ("features", "importance", "warps")
SMALL = ["model=stn_cnn", "model.net.width=8", "model.net.hidden=8", *TINY, "debug=fast", "logger=none"]
OWN = "+pages.small={_target_: fer_lightning.run.visualizations.warped_faces.WarpedFaces, per_class: 2}"
FEW_PLACES = ["pages.importance.patch=0.4", "pages.importance.step=8"]


@pytest.fixture(scope="module")
def with_pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages") / "run"
    assert call(train.main, *SMALL, "pages=all", *FEW_PLACES, OWN, f"hydra.run.dir={folder}") == 0
    return folder


def test_every_page_is_a_picture_that_the_result_names(with_pages):
    result = read(with_pages)
    assert result.choices["pages"] == "all"
    for page in (*PAGES, "small"):
        assert result.files[page] == f"{page}.png"
        assert (with_pages / f"{page}.png").read_bytes().startswith(b"\x89PNG")


def test_pages_change_no_figure_and_no_hash(with_pages, tmp_path):
    assert call(train.main, *SMALL, f"hydra.run.dir={tmp_path}") == 0
    without, result = read(tmp_path), read(with_pages)
    assert without.metrics == result.metrics
    assert without.confusion_matrix == result.confusion_matrix
    assert without.config_hash == result.config_hash
    assert without.choices["pages"] == "none"
    assert not set(PAGES) & set(without.files)
    assert not [page for page in PAGES if (tmp_path / f"{page}.png").exists()]


def test_fer_eval_draws_the_chosen_pages_of_the_classes_that_it_tests(with_pages, tmp_path):
    where = [f"ckpt={with_pages}/checkpoints/best.ckpt", "data=synthetic", *TINY, f"hydra.run.dir={tmp_path}"]
    names = "data.class_names=[sad,happy]"
    assert call(evaluate.main, *where, names, "pages=[importance,warps]", *FEW_PLACES) == 0
    result = read(tmp_path)
    assert result.class_names == ["happy", "sad"]
    assert set(PAGES) & set(result.files) == {"importance", "warps"}
    assert not (tmp_path / "features.png").exists()


def test_a_net_without_a_spatial_transformer_leaves_its_page_out(tiny_checkpoint, tmp_path):
    where = [f"ckpt={tiny_checkpoint}", "data=synthetic", *TINY, f"hydra.run.dir={tmp_path}"]
    (tmp_path / "warps.png").write_bytes(b"of an earlier test in this folder")
    assert call(evaluate.main, *where, "pages=[features,warps]") == 0
    assert set(PAGES) & set(read(tmp_path).files) == {"features"}
    assert (tmp_path / "evaluate.log").read_text().count("pages.warps: left out") == 1


def test_a_config_from_before_there_were_pages_is_resumable(with_pages, tmp_path):
    config = json.loads((with_pages / "result.json").read_text())["config"]
    del config["pages"]
    validate_config(config)
    job = compose_job(SMALL, tmp_path)
    del job.config["pages"]
    assert build_run(job).pages == {}


def build_checked(job):
    validate_config(job.config)
    return build_run(job)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ["pages=features", "pages.features.layers=[cnn.fetures]"],
            "the net has no 'cnn.fetures'; choose among cnn.fea",
        ),
        (["pages=importance", "pages.importance.patch=0"], "pages.importance.patch=0: choose a share"),
        (["pages=importance", "pages.importance.step=31"], "pages.importance.step=31: a patch of 6 of 32 pixels"),
        (["pages=importance", "pages.importance.step=0.5"], "pages.importance.step=0.5: it must be a whole number"),
        (["pages=features", "pages.features.layers=cnn"], "pages.features.layers=cnn: it must be a list"),
        (["+pages.mine.layers=[a]"], "pages.mine: no _target_ says what to build"),
        (
            ["+pages.faces._target_=fer_lightning.run.visualizations.warped_faces.WarpedFaces"],
            "faces.png is another picture",
        ),
    ],
)
def test_what_is_wrong_with_a_page_shows_before_the_data_are_read(tmp_path, overrides, message):
    nowhere = ["data=fer2013", "data.faces.dir=/nowhere", "model=stn_cnn"]
    with pytest.raises(FerError) as refused:
        build_checked(compose_job([*nowhere, *overrides], tmp_path))
    assert message in str(refused.value)


def test_a_misspelt_option_names_the_options(capfd, tmp_path):
    assert call(train.main, "pages=warp", f"hydra.run.dir={tmp_path}") == 1
    assert "pages=warp: no such option; choose among all, features, importance, none, warps (did you mean warps?)" in (
        capfd.readouterr().err
    )


@pytest.mark.parametrize("option", ["features", "importance", "warps", "all", "[features,warps]"])
def test_no_option_is_part_of_the_hash(tmp_path, option):
    plain, drawn = (compose_job(overrides, tmp_path).config for overrides in ([], [f"pages={option}"]))
    assert drawn["pages"]
    assert not plain["pages"]
    assert config_hash(plain) == config_hash(drawn)
