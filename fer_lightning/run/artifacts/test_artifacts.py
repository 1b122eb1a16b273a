"""Writes what a test leaves beside its metrics: predictions, confusion matrix, figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import numpy as np
import numpy.typing as npt

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.results.figures.layout import save
from fer_lightning.results.intervals import intervals
from fer_lightning.results.predictions import Predictions
from fer_lightning.results.predictions import write as write_predictions
from fer_lightning.results.tables import write_confusion_csv
from fer_lightning.run.artifacts.duplicate_free_accuracy import compute_subset_accuracies
from fer_lightning.run.artifacts.preprocessing_trace import load_net_inputs
from fer_lightning.run.artifacts.run_figures import describe_test as _subtitle
from fer_lightning.run.artifacts.run_figures import draw_test, draw_visualizations
from fer_lightning.run.fit import Outcome
from fer_lightning.run.job import Job
from fer_lightning.run.visualizations.page import Page
from fer_lightning.run.visualizations.sample_selection import Candidates, select_faces
from fer_lightning.training.callbacks.prediction_collector import PredictionCollector
from fer_lightning.training.classifier import Classifier
from fer_lightning.training.learner import Examples, Learner

PREDICTIONS_FILE = "predictions.parquet"
CONFUSION_FILE = "confusion_matrix.csv"


@dataclass(frozen=True)
class TestArtifacts:
    """What goes into result.json beside the figures that the trainer logged.

    Attributes:
        class_names: those of the answers, or of the data where nothing is classified.
        metrics: further ones.
        intervals: 95 % interval of metrics.
        files: name to path of what was drawn, beside `outputs.FILES`.
    """

    class_names: list[str]
    metrics: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, list[float]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def write_test_artifacts(
    job: Job,
    outcome: Outcome,
    datamodule: FaceDataModule,
    collector: PredictionCollector,
    module: Learner,
    pages: Mapping[str, Page],
    trained_rows: npt.NDArray[np.int64] | None = None,
) -> TestArtifacts:
    """Writes into the run's folder what the test left, by what the module does.

    `trained_rows` are test images that trained the checkpoint; accuracy is then also measured without them.
    """
    tested = TestArtifacts(list(module.class_names))
    if module.predicted_classes:
        tested = _write_classification_artifacts(job, outcome, datamodule, collector, module, pages, trained_rows)
    figures = module.draw_examples(
        lambda count: _select_examples(datamodule, count),
        str(job.choices.get("model") or "net"),
        _subtitle(job, datamodule),
    )
    for name, figure in figures.items():
        save(figure, job.output_dir / f"{name}.png")
    return replace(tested, files={**tested.files, **{name: f"{name}.png" for name in figures}})


def _write_classification_artifacts(
    job: Job,
    outcome: Outcome,
    datamodule: FaceDataModule,
    collector: PredictionCollector,
    module: Learner,
    pages: Mapping[str, Page],
    trained_rows: npt.NDArray[np.int64] | None,
) -> TestArtifacts:
    names, rows, faces, counts = (
        list(module.predicted_classes),
        collector.rows,
        datamodule.faces,
        outcome.confusion_matrix,
    )
    predictions = Predictions(faces.ids[rows], faces.label[rows], tuple(names), collector.probabilities)
    write_predictions(predictions, job.output_dir / PREDICTIONS_FILE)
    write_confusion_csv(counts, names, job.output_dir / CONFUSION_FILE)
    further, spans = compute_subset_accuracies(datamodule, rows, predictions, trained_rows)
    draw_test(job, counts, predictions, rows, datamodule)
    drawn = draw_visualizations(job, pages, cast(Classifier, module), predictions, rows, datamodule)
    return TestArtifacts(names, further, intervals(counts, names) | spans, drawn)


def _select_examples(datamodule: FaceDataModule, count: int) -> Examples:
    """About `count` test images, of every class alike."""
    names, rows = datamodule.class_names, datamodule.protocol.test
    label = datamodule.faces.label[rows]
    faces = Candidates(
        lambda places: load_net_inputs(datamodule, rows[places]), label, np.ones(len(rows), dtype=bool), names
    )
    chosen = select_faces(faces, max(1, count // len(names)), seed=0)
    return Examples(chosen.images[:count], chosen.names[:count])
