"""What a test leaves beside its figures: answers and pages of a net that classifies, pictures of one that enlarges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.results.figures.layout import save
from fer_lightning.results.figures.super_resolution import enlarged_faces
from fer_lightning.results.intervals import intervals
from fer_lightning.results.predictions import Predictions
from fer_lightning.results.predictions import write as write_predictions
from fer_lightning.results.tables import write_confusion_csv
from fer_lightning.run.artifacts.duplicate_free_accuracy import further_accuracies
from fer_lightning.run.artifacts.preprocessing_trace import drawable, seen
from fer_lightning.run.artifacts.run_figures import draw_shown, draw_test, tested
from fer_lightning.run.fit import Outcome
from fer_lightning.run.job import Job
from fer_lightning.run.visualizations.forward_hooks import at_rest
from fer_lightning.run.visualizations.page import Page
from fer_lightning.run.visualizations.sample_selection import Candidates, some_faces
from fer_lightning.training.callbacks.answers import Answers
from fer_lightning.training.classifier import Classifier
from fer_lightning.training.learner import Learner
from fer_lightning.training.super_resolution import SuperResolver

PREDICTIONS = "predictions.parquet"
CONFUSION = "confusion_matrix.csv"
ENLARGED = "enlarged.png"
SHOWN = 8  # faces of a page about enlarging


@dataclass(frozen=True)
class Tested:
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


def leave_test(
    job: Job,
    outcome: Outcome,
    datamodule: FaceDataModule,
    answers: Answers,
    module: Learner,
    pages: Mapping[str, Page],
    seen: npt.NDArray[np.int64] | None = None,
) -> Tested:
    """Writes into the run's folder what the test left, by what the module does.

    `seen` are rows of test images that trained the checkpoint; accuracy is then measured without them as well.
    """
    if isinstance(module, Classifier):
        return _answered(job, outcome, datamodule, answers, module, pages, seen)
    return _enlarged(job, datamodule, module) if isinstance(module, SuperResolver) else Tested(list(module.class_names))


def _answered(
    job: Job,
    outcome: Outcome,
    datamodule: FaceDataModule,
    answers: Answers,
    module: Classifier,
    pages: Mapping[str, Page],
    seen: npt.NDArray[np.int64] | None,
) -> Tested:
    names, rows, faces, counts = list(module.answers), answers.rows, datamodule.faces, outcome.confusion_matrix
    predictions = Predictions(faces.ids[rows], faces.label[rows], tuple(names), answers.probabilities)
    write_predictions(predictions, job.output_dir / PREDICTIONS)
    write_confusion_csv(counts, names, job.output_dir / CONFUSION)
    further, spans = further_accuracies(datamodule, rows, predictions, seen)
    draw_test(job, counts, predictions, rows, datamodule)
    drawn = draw_shown(job, pages, module, predictions, rows, datamodule)
    return Tested(names, further, intervals(counts, names) | spans, drawn)


def _enlarged(job: Job, datamodule: FaceDataModule, module: SuperResolver) -> Tested:
    names, rows = list(module.class_names), datamodule.protocol.test
    label = datamodule.faces.label[rows]
    faces = Candidates(lambda places: seen(datamodule, rows[places]), label, np.ones(len(rows), dtype=bool), names)
    shown = some_faces(faces, max(1, SHOWN // len(names)), seed=0)
    images = shown.images[:SHOWN]
    with at_rest(module):
        found = module.compared(images.to(module.device))
    versions = {
        "shrunk": found.small,
        "bicubic": found.bicubic,
        str(job.choices.get("model") or "net"): found.enlarged,
        "original": found.original,
    }
    pixels = [(name, drawable(_bytes(part))) for name, part in versions.items()]
    told = "Below each, its peak signal-to-noise ratio against the original."
    figure = enlarged_faces(pixels, shown.names[:SHOWN], tested(job, datamodule), told)
    save(figure, job.output_dir / ENLARGED)
    return Tested(names, files={"enlarged": ENLARGED})


def _bytes(images: torch.Tensor) -> npt.NDArray[np.uint8]:
    return images.clamp(0, 1).mul(255).round().to(torch.uint8).cpu().numpy()
