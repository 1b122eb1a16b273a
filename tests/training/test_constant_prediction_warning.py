"""A net that answers one class is named in the log, in the closing table and in a report."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
import torch
from made_results import make_result
from pytorch_lightning.trainer.states import TrainerFn
from torch import nn

from fer_lightning.data.inputs import InputSpec
from fer_lightning.results.confusion_scores import only_answer
from fer_lightning.results.report.discover_runs import discover_runs
from fer_lightning.results.report.rows import make_rows
from fer_lightning.results.summary import scores
from fer_lightning.training.callbacks.constant_prediction_warning import ConstantPredictionWarning
from fer_lightning.training.classifier import Classifier

FITS, VALIDATES = (
    SimpleNamespace(sanity_checking=False, is_global_zero=True, state=SimpleNamespace(fn=fn))
    for fn in (TrainerFn.FITTING, TrainerFn.VALIDATING)
)
ONE, TWO = [[0, 3], [0, 2]], [[1, 2], [0, 2]]


@pytest.mark.parametrize(
    ("counts", "expected"), [(ONE, 1), (TWO, None), ([[0, 0], [0, 0]], None), ([], None), ([[4, 0], [0, 0]], 0)]
)
def test_the_class_that_every_image_is_given(counts, expected):
    assert only_answer(counts) == expected


def validated(module, counts):
    """The module as after a validation with these counts."""
    metrics = module.stage_metrics("val")
    metrics.reset()
    for true, row in enumerate(counts):
        for predicted, images in enumerate(row):
            if images:
                chances = torch.eye(2)[[predicted] * images]
                metrics.update(chances, torch.full((images,), true))
    return module


@pytest.mark.parametrize(
    ("epochs", "warnings"), [([ONE, ONE, ONE], 1), ([ONE], 0), ([ONE, TWO, ONE, ONE], 0), ([TWO, ONE, ONE], 0)]
)
def test_two_first_epochs_of_one_answer_are_warned_of_once_and_after_a_resume(epochs, warnings, caplog):
    module = Classifier(nn.Flatten(), nn.CrossEntropyLoss(), None, None, ["happy", "sad"], InputSpec(8))
    callback = ConstantPredictionWarning()
    with caplog.at_level(logging.WARNING):
        for counts in epochs:
            resumed = ConstantPredictionWarning()
            resumed.load_state_dict(callback.state_dict())
            callback = resumed
            callback.on_validation_end(FITS, validated(module, counts))
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == warnings
    assert all(text.startswith("answers one class: 'sad' for every validation image") for text in told)


def test_validating_the_chosen_checkpoint_is_no_epoch(caplog):
    module = Classifier(nn.Flatten(), nn.CrossEntropyLoss(), None, None, ["happy", "sad"], InputSpec(8))
    callback = ConstantPredictionWarning()
    with caplog.at_level(logging.WARNING):
        for trainer in (FITS, VALIDATES, VALIDATES):
            callback.on_validation_end(trainer, validated(module, ONE))
    assert not caplog.records


def test_the_closing_table_and_the_report_name_it(tmp_path):
    make_result(tmp_path / "one", class_names=["happy", "sad"], confusion_matrix=ONE, choices={"loss": "l1"})
    make_result(tmp_path / "two", class_names=["happy", "sad"], confusion_matrix=TWO, choices={"loss": "l2"})
    collected = discover_runs([tmp_path])
    by_loss = {run.result.choices["loss"]: [row for row in scores(run.result)] for run in collected.runs}
    assert ("answers one class", "sad", "", "5") in by_loss["l1"]
    assert not [row for row in by_loss["l2"] if row.name == "answers one class"]
    (note,) = [note for note in make_rows(collected, "test/accuracy")[2] if "one class" in note]
    assert "loss=l1 (1 run: sad)" in note
