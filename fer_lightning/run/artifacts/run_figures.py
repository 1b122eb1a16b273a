"""Draws the figures of a run: training images, learning curves, results of the test."""

from __future__ import annotations

from typing import cast

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.data.faces import Integers
from fer_lightning.data.images import Pixels
from fer_lightning.results.figures.confusion import confusion_matrix
from fer_lightning.results.figures.curves import learning_curves
from fer_lightning.results.figures.faces import face_grid
from fer_lightning.results.figures.layout import save
from fer_lightning.results.figures.misclassified import misclassified_faces
from fer_lightning.results.figures.preprocessing import step_rows
from fer_lightning.results.figures.recalls import recall_bars
from fer_lightning.results.figures.reliability import reliability_diagram
from fer_lightning.results.predictions import Predictions
from fer_lightning.run.artifacts.preprocessing_trace import (
    load_net_inputs,
    select_rows,
    to_channels_last,
    trace_preprocessing,
)
from fer_lightning.run.build import EvalRun
from fer_lightning.run.job import Job
from fer_lightning.run.visualizations.page import draw_pages
from fer_lightning.run.visualizations.sample_selection import Candidates
from fer_lightning.training.callbacks.epoch_log import EpochLog
from fer_lightning.training.classifier import Classifier

SHOWN_FACES = 32
TRACED_FACES = 4
# name in result.json to file, in the order of the trackers
FIGURE_FILES = {
    "learning_curves": "learning_curves.png",
    "confusion_matrix_figure": "confusion_matrix.png",
    "recalls": "recalls.png",
    "reliability": "reliability.png",
    "wrong_faces": "wrong_faces.png",
    "faces": "faces.png",
    "steps": "steps.png",
}


def draw_faces(job: Job, datamodule: FaceDataModule) -> None:
    """Draws the first training images as the net's input, which reveals wrong labels, crops and colours."""
    loader = datamodule.train_dataloader()
    batch = loader.dataset[next(iter(loader.sampler))]  # does not start worker processes for one batch
    captions = [datamodule.class_names[label] for label in batch.label[:SHOWN_FACES]]
    title = f"Training images as the net sees them: {job.described()}"
    save(
        face_grid(to_channels_last(batch.image[:SHOWN_FACES].numpy()), captions, title),
        job.output_dir / FIGURE_FILES["faces"],
    )


def draw_steps(job: Job, datamodule: FaceDataModule) -> None:
    """Draws some training faces after each preprocessing step, from the file to the net's input."""
    rows = select_rows(datamodule, TRACED_FACES)
    names = [datamodule.class_names[label] for label in datamodule.faces.label[rows]]
    figure = step_rows(
        trace_preprocessing(datamodule, rows), names, datamodule.faces.ids[rows].tolist(), subtitle=job.described()
    )
    save(figure, job.output_dir / FIGURE_FILES["steps"])


def draw_curves(job: Job, epoch_log: EpochLog, epoch: int | None) -> None:
    """Draws the learning curves; `epoch` is the selected one, counted from 0."""
    if epoch_log.epochs:
        figure = learning_curves(epoch_log.epochs, job.config["monitor"], job.config["mode"], epoch, job.described())
        save(figure, job.output_dir / FIGURE_FILES["learning_curves"])


def draw_test(job: Job, run: EvalRun, counts: Integers, predictions: Predictions) -> None:
    """Draws the confusion matrix (C, C), the recalls, the reliability diagram and the misclassified faces."""
    names, about = list(predictions.class_names), describe_test(job, run.datamodule)

    def shown(chosen: Integers) -> Pixels:
        return to_channels_last(load_net_inputs(run.datamodule, run.predictions.rows[chosen]))

    figures = {
        "confusion_matrix_figure": confusion_matrix(counts, names, subtitle=about),
        "recalls": recall_bars(counts, names, subtitle=about),
        "reliability": reliability_diagram(predictions.confidence, predictions.correct, subtitle=about),
        "wrong_faces": misclassified_faces(
            shown,
            predictions.true,
            predictions.predicted,
            predictions.confidence,
            predictions.ids,
            names,
            subtitle=about,
            limit=SHOWN_FACES,
        ),
    }
    for name, figure in figures.items():
        save(figure, job.output_dir / FIGURE_FILES[name])


def draw_visualizations(job: Job, run: EvalRun, predictions: Predictions) -> dict[str, str]:
    """Draws the pages that show the net at work on test faces; returns their files by name."""
    rows = run.predictions.rows
    candidates = Candidates(
        lambda places: load_net_inputs(run.datamodule, rows[places]),
        predictions.true,
        predictions.correct,
        predictions.class_names,
    )
    module = cast(Classifier, run.module)
    return draw_pages(run.pages, module, candidates, describe_test(job, run.datamodule), job.output_dir)


def describe_test(job: Job, datamodule: FaceDataModule) -> str:
    """Describes data, model and protocol of the test, as a subtitle."""
    return f"{job.described()}; protocol {datamodule.protocol.name}"
