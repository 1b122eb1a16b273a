"""What a job keeps of the command line."""

from __future__ import annotations

import pytest

from fer_lightning.run.compose import compose_job


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
