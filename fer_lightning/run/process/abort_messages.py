"""Messages of trainings that end early, and the file with the batch of a non-finite loss."""

from __future__ import annotations

import csv
import shlex
import signal
from collections.abc import Iterable
from pathlib import Path

from fer_lightning.data.faces import FaceSet
from fer_lightning.errors import FerError
from fer_lightning.run.job import Job, Stopped
from fer_lightning.training.callbacks.epoch_log import EpochLog
from fer_lightning.training.callbacks.terminate_on_nonfinite import NonFiniteLoss

BATCH_FILE = "nonfinite_batch.csv"
SHOWN_IDS = 8  # ids in the message; the file has all


def find_best_epoch(job: Job, epochs: Iterable[dict[str, float]]) -> dict[str, float] | None:
    """Returns the entry of `EpochLog.epochs` of best.ckpt; None before the first validation."""
    monitor, pick = job.config["monitor"], max if job.config["mode"] == "max" else min
    return pick((row for row in epochs if monitor in row), key=lambda row: row[monitor], default=None)


def make_stop_error(signum: int, job: Job, epoch_log: EpochLog) -> Stopped:
    """Describes the progress at the signal, and how to resume."""
    epochs, monitor = job.config["trainer"]["max_epochs"], job.config["monitor"]
    of = f" of {epochs}" if epochs and epochs > 0 else ""
    lines = [f"{signal.Signals(signum).name}: ended after {len(epoch_log.epochs)}{of} epochs of training"]
    if (best := find_best_epoch(job, epoch_log.epochs)) is not None:
        lines.append(f"best so far   epoch {int(best['epoch']) + 1}, {monitor} {best[monitor]:.4f}")
        lines.append(f"checkpoint    {job.output_dir / 'checkpoints' / 'best.ckpt'}")
    lines.append(f"to go on      fer-train {shlex.quote(f'resume={job.output_dir}')}")
    return Stopped("\n".join(lines), code=128 + signum)


def make_nonfinite_error(failure: NonFiniteLoss, job: Job, faces: FaceSet) -> FerError:
    """Describes the step, the images of its batch and likely causes; writes the batch to a file."""
    step, config = failure.step, job.config
    path = job.output_dir / BATCH_FILE
    _write_batch(path, step.rows, faces)
    ids = [str(faces.ids[row]) for row in step.rows]
    shown = ", ".join(ids[:SHOWN_IDS]) + (
        f" and {len(ids) - SHOWN_IDS} more, all in {path}" if len(ids) > SHOWN_IDS else ""
    )
    before = ", ".join(f"{loss:.4g}" for loss in failure.before) or "none"
    return FerError(
        f"the loss is {step.loss} at training step {step.number}, epoch {failure.epoch + 1}\n"
        f"  images of its batch: {shown}\n"
        f"  losses of the steps before: {before}\n"
        f"  likely causes: {_list_causes(failure, config)}\n"
        f"  {_describe_checkpoint(job)}"
    )


def _list_causes(failure: NonFiniteLoss, config: dict[str, object]) -> str:
    optimizer, trainer = config["optimizer"], config["trainer"]
    assert isinstance(optimizer, dict)
    assert isinstance(trainer, dict)
    length = (
        f"optimizer.lr={optimizer['lr']} is too high: lower it, lengthen the warm-up, or trainer.gradient_clip_val=1"
    )
    reach = f"trainer.precision={trainer['precision']} overflows beyond 65,504: take bf16-mixed or 32-true"
    single = (
        "one operation of the net or the loss (a logarithm or a quotient of 0): trainer.detect_anomaly=true names it"
    )
    half = [reach] if str(trainer["precision"]).startswith("16") else []
    return "; ".join([length, *half, single] if failure.grew else [*half, single, length])


def _describe_checkpoint(job: Job) -> str:
    if job.last_checkpoint.is_file():
        return f"{job.last_checkpoint} holds the last whole epoch, with finite losses"
    return "no epoch had ended, so there is no checkpoint"


def _write_batch(path: Path, rows: list[int], faces: FaceSet) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["image", "label"])
        writer.writerows([faces.ids[row], faces.class_names[faces.label[row]]] for row in rows)
