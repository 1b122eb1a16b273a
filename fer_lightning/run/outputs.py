"""Writes what a finished run leaves in its folder; result.json last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.results import figures, tables
from fer_lightning.results.intervals import intervals
from fer_lightning.results.result import FILE_NAME, Result, config_hash, versions, write
from fer_lightning.run.fit import Outcome
from fer_lightning.run.job import Job


def begin(job: Job) -> None:
    """Makes the folder, and takes away the result of a run that was there before: it would make this one look done."""
    job.output_dir.mkdir(parents=True, exist_ok=True)
    (job.output_dir / FILE_NAME).unlink(missing_ok=True)


def leave(job: Job, outcome: Outcome, datamodule: FaceDataModule, class_names: list[str], world_size: int) -> Result:
    """Writes the confusion matrix as counts and as a figure, then result.json, and returns what that holds."""
    folder = job.output_dir
    tables.write_confusion_csv(outcome.confusion_matrix, class_names, folder / "confusion_matrix.csv")
    protocol = datamodule.protocol
    subtitle = f"{job.described()}; protocol {protocol.name}"
    figure = figures.confusion_matrix(outcome.confusion_matrix, class_names, subtitle=subtitle)
    figures.save(figure, folder / "confusion_matrix.png")
    result = Result(
        config_hash=config_hash(job.config),
        choices=job.choices,
        overrides=job.overrides,
        config=job.config,
        seed=job.config["seed"],
        protocol=protocol.name,
        class_names=class_names,
        metrics=dict(outcome.metrics),
        confusion_matrix=outcome.confusion_matrix.tolist(),
        timing=dict(outcome.timing),
        world_size=world_size,
        resumed_from_epoch=None,
        paper=job.config.get("paper"),
        files=_files(folder),
        versions=versions(),
        started=job.started.isoformat(timespec="seconds"),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        counts={stage: len(rows) for stage, rows in protocol.sides().items()},
        intervals=intervals(outcome.confusion_matrix, class_names),
    )
    write(result, folder)
    return result


def _files(folder: Path) -> dict[str, str]:
    known: Mapping[str, str] = {
        "confusion_matrix": "confusion_matrix.csv",
        "confusion_matrix_figure": "confusion_matrix.png",
        "faces": "faces.png",
        "metrics": "metrics.csv",
        "best": "checkpoints/best.ckpt",
        "last": "checkpoints/last.ckpt",
    }
    return {name: path for name, path in known.items() if (folder / path).is_file()}
