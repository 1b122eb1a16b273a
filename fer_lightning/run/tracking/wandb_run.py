"""One run in Weights & Biases: what it is told before training, what it is given after it, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import Any, cast

import torch
import wandb
from pytorch_lightning.loggers import WandbLogger
from wandb.errors import CommError

from fer_lightning.errors import FerError
from fer_lightning.results.confusion_scores import RECALL, matrix_scores
from fer_lightning.results.result import Result, config_hash
from fer_lightning.results.schema import plain
from fer_lightning.run.job import Job
from fer_lightning.run.tracking.code_version import get_code_version
from fer_lightning.run.tracking.wandb_logger import MAX_TAG_LENGTH, WANDB_ERRORS, RunLogger
from fer_lightning.training.metrics import METRICS

LOWER_IS_BETTER = ("loss", "ece")


def begin(logger: WandbLogger, job: Job, class_names: Sequence[str]) -> None:
    """Starts the run, and gives it the whole config, its tags, and how each metric is shown and summed up.

    Raises:
        FerError: W&B refuses the run.
    """
    try:
        run = cast(wandb.Run, logger.experiment)
    except (*WANDB_ERRORS, ValueError) as refusal:
        way_out = "; WANDB_MODE=offline does without the server" if isinstance(refusal, CommError) else ""
        raise FerError(f"logger.wandb: {refusal}{way_out}") from refusal
    about = {
        "choices": job.choices,
        "overrides": job.overrides,
        "config_hash": config_hash(job.config),
        "class_names": list(class_names),
        "code": get_code_version(),
    }
    run.config.update({**job.config, **about}, allow_val_change=True)  # type: ignore[no-untyped-call]
    run.tags = tuple(dict.fromkeys([*(run.tags or ()), *make_tags(job)]))
    for name, summary in _choose_summaries(job.config["monitor"], job.config["mode"], class_names).items():
        # epochs: steps of different batch sizes, and of training on fewer images, cannot be compared
        run.define_metric(name, step_metric="epoch", summary=summary)


def make_tags(job: Job) -> list[str]:
    """`data:fer2013`, `model:cnn`, `loss:l1`, `fold:0`, `seed:3`: what runs are compared by."""
    pairs = {key: job.choices.get(key) for key in ("data", "model", "loss")}
    pairs |= {"fold": job.config["data"].get("fold"), "seed": job.config["seed"]}
    # W&B would drop all tags for one that is too long
    return [f"{key}:{value}"[:MAX_TAG_LENGTH] for key, value in pairs.items() if value is not None]


def _choose_summaries(monitor: str, mode: str, class_names: Sequence[str]) -> dict[str, str | None]:
    """Metric to what the run's table keeps of its curve; each by name, for Lightning's own `*` outdoes other globs."""
    kept: dict[str, str | None] = {name: "min" if name in LOWER_IS_BETTER else "max" for name in (*METRICS, "loss")}
    kept |= {f"recall/{name}": None for name in class_names}  # one class's best epoch is no result
    each = {f"{stage}/{name}": summary for stage in ("train", "val") for name, summary in kept.items()}
    return each | {monitor: mode}


def publish(logger: WandbLogger, job: Job, result: Result, figures: Mapping[str, Path], best: Path | None) -> None:
    """Gives the run its final metrics, figures, tables and the best checkpoint.

    Args:
        logger: of a run that has begun.
        job: what was run.
        result: what came out.
        figures: tag to file.
        best: the chosen checkpoint, if it was kept.
    """
    run = cast(wandb.Run, logger.experiment)
    known = {name: value for name, value in plain(result.metrics).items() if value is not None}
    run.summary.update({name if name.startswith("test/") else f"best/{name}": v for name, v in known.items()})
    images = {tag: wandb.Image(str(path)) for tag, path in figures.items()}
    run.log({**images, **_make_tables(result)})
    if best is not None and isinstance(logger, RunLogger) and logger.log_best:
        artifact = wandb.Artifact(f"model-{run.id}", type="model", metadata=_describe_model(job, result, best))
        # as it lies in the run's folder: a copy of each model in W&B's cache would fill the home
        artifact.add_file(str(best), policy="immutable", skip_cache=True)
        run.log_artifact(artifact, aliases=["best"])


def _make_tables(result: Result) -> dict[str, wandb.Table]:
    names, counts = result.class_names, result.confusion_matrix
    if not counts:  # of a net that does not classify
        return {}
    cells = [
        [true, predicted, images]
        for true, row in zip(names, counts, strict=True)
        for predicted, images in zip(names, row, strict=True)
    ]
    scores = matrix_scores(counts, names)
    recalls = [[name, sum(row), scores[f"{RECALL}{name}"]] for name, row in zip(names, counts, strict=True)]
    return {
        "tables/confusion_matrix": wandb.Table(columns=["true", "predicted", "images"], data=cells),
        "tables/recall": wandb.Table(columns=["class", "images", "recall"], data=recalls),
    }


def _describe_model(job: Job, result: Result, best: Path) -> dict[str, Any]:
    monitor = job.config["monitor"]
    epoch = torch.load(best, map_location="cpu", weights_only=True, mmap=True).get("epoch")
    about = {
        "config_hash": result.config_hash,
        "epoch": epoch,
        "monitor": monitor,
        "mode": job.config["mode"],
        "value": result.metrics.get(monitor),
        "class_names": result.class_names,
        "choices": result.choices,
        "seed": result.seed,
        "protocol": result.protocol,
        "metrics": {name: value for name, value in result.metrics.items() if name.startswith("test/")},
    }
    return cast(dict[str, Any], plain(about))


def close(logger: WandbLogger, failed: bool) -> str | None:
    """Ends the run, so that the next job of this process starts its own; says where it is, None if it never began."""
    run = cast(wandb.Run | None, logger._experiment)  # asking for `experiment` would start one
    if run is None:
        return None
    sync = f"wandb sync {quote(run.sync_dir)}"
    where = f"W&B, offline: {sync}" if run.offline else f"W&B: {run.url}"
    try:
        run.finish(exit_code=int(failed))
    except WANDB_ERRORS as trouble:
        return f"W&B has not all of this run ({trouble}); later: {sync}"
    return None if run.disabled else where
