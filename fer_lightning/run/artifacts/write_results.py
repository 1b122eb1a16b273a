"""Writes what a finished run leaves in its folder; result.json last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.results.result import Result, config_hash, file_digest, versions, write
from fer_lightning.run.artifacts.archive_previous import remove_identical_archives
from fer_lightning.run.artifacts.run_figures import FIGURE_FILES, draw_curves
from fer_lightning.run.artifacts.split_table import SPLIT_FILE, write_split
from fer_lightning.run.artifacts.test_artifacts import CONFUSION_FILE, PREDICTIONS_FILE, write_test_artifacts
from fer_lightning.run.checkpoint.training_images import find_trained_rows
from fer_lightning.run.config.paper_results import select_paper_result
from fer_lightning.run.fit import Outcome
from fer_lightning.run.job import Job
from fer_lightning.run.visualizations.page import Page
from fer_lightning.training.callbacks.epoch_log import EpochLog
from fer_lightning.training.callbacks.prediction_collector import PredictionCollector
from fer_lightning.training.learner import Learner

FILES = {
    "split": SPLIT_FILE,
    "confusion_matrix": CONFUSION_FILE,
    "predictions": PREDICTIONS_FILE,
    "metrics": "metrics.csv",
    "best": "checkpoints/best.ckpt",
    "last": "checkpoints/last.ckpt",
    **FIGURE_FILES,
}
DIGESTED_FILES = ("predictions",)  # reports read it, and must not take another run's


def write_results(
    job: Job,
    outcome: Outcome,
    datamodule: FaceDataModule,
    predictions: PredictionCollector,
    module: Learner,
    pages: Mapping[str, Page],
    epoch_log: EpochLog | None = None,
    world_size: int = 1,
    resumed_from_epoch: int | None = None,
) -> Result:
    """Writes what the test left and the pictures, then result.json, and returns what that holds."""
    folder, protocol = job.output_dir, datamodule.protocol
    digest, counts = datamodule.data_digest(), {stage: len(side) for stage, side in protocol.splits().items()}
    seen = None
    if epoch_log is None:
        # what trained a checkpoint that is tested anew may have been other images than this protocol's
        digest = {"test": digest["test"]}
        write_split(datamodule.prepared_data.source, {"test": protocol.test}, folder / SPLIT_FILE)
        seen = find_trained_rows(module.trained_images, datamodule)
        counts |= {} if seen is None else {"test_trained": len(seen)}
    tested = write_test_artifacts(job, outcome, datamodule, predictions, module, pages, seen)
    if epoch_log is not None:
        draw_curves(job, epoch_log, outcome.epoch)
    result = Result(
        config_hash=config_hash(job.config),
        choices=job.choices,
        overrides=job.overrides,
        config=job.config,
        seed=job.config["seed"],
        protocol=protocol.name,
        class_names=tested.class_names,
        metrics={**outcome.metrics, **tested.metrics},
        confusion_matrix=outcome.confusion_matrix.tolist(),
        timing=dict(outcome.timing),
        world_size=world_size,
        resumed_from_epoch=resumed_from_epoch,
        paper=select_paper_result(job.config.get("paper"), job.choices.get("model")),
        files={name: path for name, path in FILES.items() if (folder / path).is_file()} | tested.files,
        versions=versions(),
        started=job.started.isoformat(timespec="seconds"),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        counts=counts,
        intervals=tested.intervals,
        file_digests={
            name: file_digest(folder / FILES[name]) for name in DIGESTED_FILES if (folder / FILES[name]).is_file()
        },
        data_digest=digest,
    )
    write(result, folder)
    remove_identical_archives(folder)
    return result
