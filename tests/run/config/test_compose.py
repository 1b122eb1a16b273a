"""What a job keeps of the command line."""

from __future__ import annotations

import pytest

from fer_lightning.errors import FerError
from fer_lightning.run.config.compose import compose_job


@pytest.mark.parametrize(
    ("overrides", "chosen"),
    [
        ([], {"callbacks": "default", "logger": "csv"}),
        (["callbacks=ema", "logger=none"], {"callbacks": "ema", "logger": "none"}),
        (
            ["callbacks=[ema,freeze]", "logger=[wandb,tensorboard]"],
            {"callbacks": "[ema,freeze]", "logger": "[wandb,tensorboard]"},
        ),
    ],
)
def test_the_options_of_a_group_are_kept_one_or_several(overrides, chosen, tmp_path):
    job = compose_job(overrides, tmp_path)
    assert {group: job.choices[group] for group in chosen} == chosen


def test_several_options_add_up(tmp_path):
    config = compose_job(["callbacks=[ema,early_stopping]", "logger=[wandb,tensorboard]"], tmp_path).config
    assert set(config["callbacks"]) == {"best", "last", "ema", "early_stopping"}
    assert set(config["logger"]) == {"csv", "wandb", "tensorboard"}


SIX = ["angry", "disgust", "fear", "happy", "sad", "surprise"]
EIGHT = [*SIX, "neutral", "contempt"]


def classes(tmp_path, *overrides):
    return compose_job(["data=ckplus", *overrides], tmp_path / "run").config["data"]["class_names"]


def test_a_path_that_no_file_can_hold_is_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("FER_DATA", "/data/caf\udce9")
    with pytest.raises(FerError, match=r"^paths\.data_dir=/data/caf\\xe9: this is no UTF-8; rename it, or name a link"):
        compose_job([], tmp_path)


def test_typed_class_names_are_composed_text(tmp_path):
    config = compose_job(['data.class_names=["fro\u0308hlich",happy]'], tmp_path).config
    assert config["data"]["class_names"] == ["fr\u00f6hlich", "happy"]


@pytest.mark.parametrize(
    ("name", "names"),
    [("6", SIX), ("7_neutral", [*SIX, "neutral"]), ("7_contempt", [*SIX, "contempt"]), ("8", EIGHT)],
)
def test_a_named_set_of_classes_needs_no_files(tmp_path, name, names):
    assert classes(tmp_path, f"data.classes={name}", f"data.faces.dir={tmp_path / 'absent'}") == names


@pytest.mark.parametrize(
    ("frames", "names"), [("last3", [*SIX, "contempt"]), ("apex", [*SIX, "contempt"]), ("first_and_last3", EIGHT)]
)
def test_held_are_the_classes_that_the_files_and_the_frames_have(tmp_path, tiny_ckplus, frames, names):
    assert classes(tmp_path, f"data.faces.dir={tiny_ckplus}", f"data.frames={frames}") == names


def test_held_without_files_are_all_so_that_the_reader_can_say_what_is_missing(tmp_path):
    assert classes(tmp_path, f"data.faces.dir={tmp_path / 'absent'}") == EIGHT


@pytest.mark.parametrize("value", ["7", "null"])
def test_an_unknown_set_of_classes_is_refused_in_our_words_alone(tmp_path, value):
    with pytest.raises(FerError) as refused:
        classes(tmp_path, f"data.classes={value}")
    assert str(refused.value) == f"data.classes={value}: choose among held, 6, 7_neutral, 7_contempt, 8"
