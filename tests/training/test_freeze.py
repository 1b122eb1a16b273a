"""Frozen parts keep their weights and statistics; the rest trains."""

from __future__ import annotations

import pytest
import torch
from support import TINY

from fer_lightning.errors import FerError
from fer_lightning.run.build import build_run
from fer_lightning.run.config.compose import compose_job
from fer_lightning.run.fit import fit


def built(folder, *overrides):
    model = ["model=stn_cnn", "callbacks=freeze", "trainer.max_epochs=1", "logger=none"]
    return build_run(compose_job([*TINY, *model, *overrides], folder))


def test_matching_parameters_and_their_statistics_stay(tmp_path):
    run = built(tmp_path, "callbacks.freeze.patterns=['stn.*', '*.classify.*.bias']")
    before = {name: value.clone() for name, value in run.module.net.state_dict().items()}
    fit(run)
    after = run.module.net.state_dict()
    same = {name for name in before if torch.equal(before[name], after[name])}
    stn = {name for name in before if name.startswith("stn.")}
    assert any("running_mean" in name for name in stn)
    assert same == stn | {"cnn.classify.2.bias", "cnn.classify.5.bias"}


def test_the_optimizer_gets_what_trains(tmp_path):
    run = built(tmp_path, "callbacks.freeze.patterns=['stn.*']")
    fit(run)
    optimized = sum(p.numel() for group in run.trainer.optimizers[0].param_groups for p in group["params"])
    assert optimized == sum(p.numel() for p in run.module.net.cnn.parameters())


def test_a_part_with_some_frozen_weights_still_trains_as_such(tmp_path):
    run = built(tmp_path, "callbacks.freeze.patterns=['cnn.features.*.0.weight']")
    fit(run)
    modes = {name: part.training for name, part in run.module.net.named_modules()}
    assert not modes["cnn.features.0.0"]
    assert modes["cnn.features.0.1"]


def test_no_pattern_is_said_to_freeze_nothing(tmp_path, caplog):
    fit(built(tmp_path, "debug=fast"))
    assert "callbacks.freeze.patterns is empty: nothing is frozen; choose among cnn.*, stn.*" in caplog.text


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        ("['snt.*']", r"'snt\.\*' matches no parameter of the net; choose among cnn\.\*, stn\.\* \(did you mean stn"),
        ("['*']", "freezes the whole net"),
    ],
)
def test_patterns_that_cannot_be_meant(tmp_path, patterns, message):
    with pytest.raises(FerError, match=message):
        fit(built(tmp_path, f"callbacks.freeze.patterns={patterns}"))
