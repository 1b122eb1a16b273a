"""Paths of checkpoints are read as they are typed, with the signs that folders of sweeps have in their names."""

from __future__ import annotations

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from fer_lightning.run.checkpoint_paths import with_quotes


def read(word):
    """The paths that Hydra reads."""
    (parsed,) = OverridesParser.create().parse_overrides(with_quotes([word]))
    values = parsed.sweep_iterator() if parsed.is_sweep_override() else [parsed.value()]
    return [getattr(value, "text", value) for value in values]


@pytest.mark.parametrize(
    "paths",
    [
        ["logs/runs/2026-01-31/checkpoints/best.ckpt"],
        ["~/a/best.ckpt", "../b/last.ckpt"],
        ["logs/sweeps/nets/model=cnn,seed=0/checkpoints/best.ckpt"],
        ["nets/model=cnn,seed=0/best.ckpt", "plain/best.ckpt", "nets/model=stn_cnn,seed=0/best.ckpt"],
        ["my nets (old)/it's/best.ckpt", "[1]/best.ckpt"],
    ],
)
def test_each_path_is_one_text(paths):
    assert read(f"ckpt={','.join(paths)}") == paths


@pytest.mark.parametrize("word", ["ckpt=null", "ckpt=a.ckpt,b.ckpt", "ckpt='a=b.ckpt'", "ckpt=choice(a.ckpt,b.ckpt)"])
def test_what_hydra_reads_already_is_left_as_it_is(word):
    assert with_quotes([word, "data=a,b"]) == [word, "data=a,b"]
