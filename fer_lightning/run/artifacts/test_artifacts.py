"""Writes the files of a test: predictions, confusion matrix, figures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.faces import Integers
from fer_lightning.results.figures.layout import save
from fer_lightning.results.intervals import intervals
from fer_lightning.results.predictions import Predictions
from fer_lightning.results.predictions import write as write_predictions
from fer_lightning.results.tables import write_confusion_csv
from fer_lightning.run.artifacts.duplicate_free_accuracy import compute_subset_accuracies
from fer_lightning.run.artifacts.preprocessing_trace import load_net_inputs
from fer_lightning.run.artifacts.run_figures import describe_test, draw_test, draw_visualizations
from fer_lightning.run.build import EvalRun
from fer_lightning.run.job import Job
from fer_lightning.run.visualizations.sample_selection import Candidates, select_faces
from fer_lightning.training.learner import Examples

PREDICTIONS_FILE = "predictions.parquet"
CONFUSION_FILE = "confusion_matrix.csv"


@dataclass(frozen=True)
class TestArtifacts:
    """The entries of result.json that the trainer does not log.

    Attributes:
        class_names: the predicted classes, or those of the data if the net does not classify.
        metrics: accuracies on subsets of the test images.
        intervals: metric to its 95 % confidence interval.
        files: name to path of the figures that are not in `write_results.FILES`.
    """

    class_names: list[str]
    metrics: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, list[float]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def write_test_artifacts(
    job: Job, run: EvalRun, counts: Integers, trained_rows: Integers | None = None
) -> TestArtifacts:
    """Writes predictions, tables and figures of the test into the run's folder, as far as the module has them.

    Args:
        job: the training or the test.
        run: its objects, after the test.
        counts: the confusion matrix, (C, C), rows true.
        trained_rows: rows of test images that trained the checkpoint; accuracy is then also measured without them.
    """
    module, datamodule = run.module, run.datamodule
    tested = TestArtifacts(list(module.class_names))
    if module.predicted_classes:
        tested = _write_classification_artifacts(job, run, counts, trained_rows)
    figures = module.draw_examples(
        lambda count: _select_examples(datamodule, count),
        str(job.choices.get("model") or "net"),
        describe_test(job, datamodule),
    )
    for name, figure in figures.items():
        save(figure, job.output_dir / f"{name}.png")
    return replace(tested, files={**tested.files, **{name: f"{name}.png" for name in figures}})


def _write_classification_artifacts(
    job: Job, run: EvalRun, counts: Integers, trained_rows: Integers | None
) -> TestArtifacts:
    names, rows, faces = list(run.module.predicted_classes), run.predictions.rows, run.datamodule.faces
    predictions = Predictions(faces.ids[rows], faces.label[rows], tuple(names), run.predictions.probabilities)
    write_predictions(predictions, job.output_dir / PREDICTIONS_FILE)
    write_confusion_csv(counts, names, job.output_dir / CONFUSION_FILE)
    metrics, spans = compute_subset_accuracies(run.datamodule, rows, predictions, trained_rows)
    draw_test(job, run, counts, predictions)
    files = draw_visualizations(job, run, predictions)
    return TestArtifacts(names, metrics, intervals(counts, names) | spans, files)


def _select_examples(datamodule: FaceDataModule, count: int) -> Examples:
    """Selects about `count` test images, equally many per class."""
    names, rows = datamodule.class_names, datamodule.protocol.test
    label = datamodule.faces.label[rows]
    faces = Candidates(
        lambda places: load_net_inputs(datamodule, rows[places]), label, np.ones(len(rows), dtype=bool), names
    )
    chosen = select_faces(faces, max(1, count // len(names)), seed=0)
    return Examples(chosen.images[:count], chosen.names[:count])
