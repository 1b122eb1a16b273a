"""A whole training: from a config to a folder with a result."""

from __future__ import annotations

import logging
from collections.abc import Sequence

import wandb
from pytorch_lightning.loggers import Logger, WandbLogger

from fer_lightning.data.datamodule import FaceDataModule
from fer_lightning.results import figures
from fer_lightning.results.result import Result
from fer_lightning.run.build import build_run
from fer_lightning.run.check import check
from fer_lightning.run.fit import fit
from fer_lightning.run.job import Job
from fer_lightning.run.outputs import begin, leave
from fer_lightning.run.quiet import quiet

log = logging.getLogger(__name__)

SHOWN_FACES = 32


def train(job: Job) -> Result:
    """Trains, tests and writes the run's folder.

    Raises:
        FerError: the config or the data are not as they should be.
    """
    quiet()
    check(job.config)
    begin(job)
    run = build_run(job)
    sides = ", ".join(f"{len(rows):,} {stage}" for stage, rows in run.datamodule.protocol.sides().items())
    parameters = sum(p.numel() for p in run.module.net.parameters())
    log.info("%s: %s images; net of %s parameters", job.described(), sides, f"{parameters:,}")
    _show_faces(run.datamodule, job)
    try:
        outcome = fit(run.module, run.datamodule, run.trainer, run.record)
    finally:
        _close(run.trainer.loggers)
    return leave(job, outcome, run.datamodule, list(run.module.class_names), run.trainer.world_size)


def _close(loggers: Sequence[Logger]) -> None:
    """Ends the W&B run, also after an error: the next job of this process would log into it."""
    if any(isinstance(logger, WandbLogger) for logger in loggers):
        wandb.finish()


def _show_faces(datamodule: FaceDataModule, job: Job) -> None:
    """Draws the first training images as the net will see them: wrong labels, crops and colours show here first."""
    loader = datamodule.train_dataloader()
    batch = loader.dataset[next(iter(loader.sampler))]  # without starting the loader's processes for one batch
    images = batch.image[:SHOWN_FACES].permute(0, 2, 3, 1).squeeze(-1).numpy()
    captions = [datamodule.class_names[label] for label in batch.label[:SHOWN_FACES]]
    title = f"Training images as the net sees them: {job.described()}"
    figures.save(figures.face_grid(images, captions, title), job.output_dir / "faces.png")
