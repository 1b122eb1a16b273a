"""Writes the results of a finished run into its folder; result.json is written last."""

from __future__ import annotations

from datetime import UTC, datetime

from fer_lightning.results.result import Result, config_hash, file_digest, versions, write
from fer_lightning.run.artifacts.archive_previous import remove_identical_archives
from fer_lightning.run.artifacts.run_figures import FIGURE_FILES, draw_curves
from fer_lightning.run.artifacts.split_table import SPLIT_FILE, write_split
from fer_lightning.run.artifacts.test_artifacts import CONFUSION_FILE, PREDICTIONS_FILE, write_test_artifacts
from fer_lightning.run.build import EvalRun
from fer_lightning.run.checkpoint.training_images import find_trained_rows
from fer_lightning.run.config.paper_results import select_paper_result
from fer_lightning.run.fit import Outcome
from fer_lightning.run.job import Job

FILES = {
    "split": SPLIT_FILE,
    "confusion_matrix": CONFUSION_FILE,
    "predictions": PREDICTIONS_FILE,
    "metrics": "metrics.csv",
    "best": "checkpoints/best.ckpt",
    "last": "checkpoints/last.ckpt",
    **FIGURE_FILES,
}
DIGESTED_FILES = ("predictions",)  # reports read them, and must not use those of another run


def write_results(job: Job, run: EvalRun, outcome: Outcome, resumed_from_epoch: int | None = None) -> Result:
    """Writes predictions, tables and figures, then result.json.

    Args:
        job: the training or the test.
        run: its objects, after the test.
        outcome: of a training with the chosen epoch, of a test of a checkpoint without one.
        resumed_from_epoch: finished epochs before the last resume; None if the run was never resumed.

    Returns:
        The content of result.json.
    """
    folder, datamodule, protocol = job.output_dir, run.datamodule, run.datamodule.protocol
    digest, counts = datamodule.data_digest(), {stage: len(rows) for stage, rows in protocol.splits().items()}
    trained_rows = None
    if outcome.epoch is None:
        # the checkpoint may have been trained on other images than the training split of this protocol
        digest = {"test": digest["test"]}
        write_split(datamodule.prepared_data.source, {"test": protocol.test}, folder / SPLIT_FILE)
        trained_rows = find_trained_rows(run.module.trained_images, datamodule)
        counts |= {} if trained_rows is None else {"test_trained": len(trained_rows)}
    tested = write_test_artifacts(job, run, outcome.confusion_matrix, trained_rows)
    if outcome.epoch is not None:
        draw_curves(job, run.epoch_log, outcome.epoch)
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
        world_size=run.trainer.world_size,
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
