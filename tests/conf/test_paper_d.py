"""The experiments of paper D vary what their row is about, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hydra.utils import instantiate

from fer_lightning.data.preprocess.colour import to_grey
from fer_lightning.run.config.compose import compose, to_plain

GREY = (0.213, 0.715, 0.072)  # section 3


def config(*overrides):
    return to_plain(compose([*overrides, "paths.output_dir=x"]))


def differences(one, other, place=""):
    """The dotted keys at which two configs differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = sorted({*one, *other})
        return [found for key in keys for found in differences(one.get(key), other.get(key), f"{place}.{key}")]
    return [] if one == other else [place.removeprefix(".")]


def test_attention_can_be_left_out_and_the_papers_figure_is_not_that_rows():
    whole = config("experiment=paper_d_fer2013")
    without = config("experiment=paper_d_fer2013", "model.net.attention=false")
    assert differences(whole, without) == ["model.net.attention", "paper.row", "paper.value"]
    assert (whole["paper"]["row"], whole["paper"]["value"]) == ("attentional CNN", 0.7002)
    assert (without["paper"]["row"], without["paper"]["value"]) == ("CNN without attention", None)


def test_a_net_that_knows_no_attention_is_no_row_with_the_papers_figure():
    assert config("experiment=paper_d_fer2013", "model=cnn")["paper"]["value"] is None


def test_the_depths_differ_in_depth_and_attention_alone():
    shallow = config("experiment=paper_d_depth", "model.net.depth=2")
    deep = config("experiment=paper_d_depth", "model.net.depth=16", "model.net.attention=true")
    assert differences(shallow, deep) == ["model.net.attention", "model.net.depth", "paper.column", "paper.row"]
    assert (shallow["paper"]["row"], shallow["paper"]["column"]) == ("depth 2", "pixels")
    assert (deep["paper"]["row"], deep["paper"]["column"]) == ("depth 16", "pixels and attention")


def test_the_papers_own_recipe_mirrors_images_and_adds_nothing_of_ours():
    cfg = config("experiment=paper_d_fer2013")
    assert cfg["augment"]["offline"]["_target_"].endswith(".Mirrored")
    assert (cfg["loss"]["_target_"], cfg["loss"].get("label_smoothing", 0)) == ("torch.nn.CrossEntropyLoss", 0)
    assert (cfg["model"]["views"], cfg["model"]["mirror_test"]) == (None, False)
    assert set(cfg["callbacks"]) == {"best", "last"}


def test_each_training_of_the_attentional_net_has_a_row_of_its_own():
    names = ["", "_deep_emotion", "_strong"]
    papers = [config(f"experiment=paper_d_fer2013{name}")["paper"] for name in names]
    assert len({paper["row"] for paper in papers}) == len(names)
    assert {paper["value"] for paper in papers} == {0.7002}


@pytest.mark.parametrize("saturation", [1.0, 1.5])
def test_the_saturation_of_the_paper_leaves_a_grey_face_as_it_is(saturation):
    """Vivid colours would be clipped by a saturation before grey, and their grey would change."""
    colour = np.random.default_rng(0).integers(0, 256, (1, 48, 48, 3), dtype=np.uint8)
    cfg = config("model=attentional_cnn", "preprocess=paper_d", f"preprocess.saturation={saturation}")
    assert np.array_equal(instantiate(cfg["preprocess"])(colour)[0], to_grey(colour[0], GREY))
