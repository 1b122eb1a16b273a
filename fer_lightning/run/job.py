"""The description of a run; imports no heavy packages, as commands create it before torch is imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """A run as requested by the user.

    Attributes:
        config: plain and resolved.
        choices: config group to the selected option.
        overrides: what the user typed.
        output_dir: the run's folder.
        started: time of the start.
        resumed: whether this run was begun before in its folder.
        places: old to new path of what has moved since the run began.
        data_digest: split to the digest of its images and labels; empty before they are read, and in runs of earlier
            versions.
        wandb_id: of the W&B run to resume.
        records: file in the folder of a new run -> its content, such as the config.
    """

    config: dict[str, Any]
    choices: dict[str, Any]
    overrides: list[str]
    output_dir: Path
    started: datetime
    resumed: bool = False
    places: dict[str, str] = field(default_factory=dict)
    data_digest: dict[str, str] = field(default_factory=dict)
    wandb_id: str | None = None
    records: dict[str, str] = field(default_factory=dict)

    @property
    def last_checkpoint(self) -> Path:
        """The checkpoint for a resume, written after each epoch and on interruption."""
        return self.output_dir / "checkpoints" / "last.ckpt"

    @property
    def resume_from(self) -> Path | None:
        """The checkpoint to resume from; None for a new run, or one that was killed in its first epoch."""
        return self.last_checkpoint if self.resumed and self.last_checkpoint.is_file() else None

    def described(self) -> str:
        """Returns one line with the options of data, model, loss and augmentation."""
        groups = ("data", "model", "loss", "augment")
        return ", ".join(str(self.choices[group]) for group in groups if self.choices.get(group))


class Stopped(Exception):
    """A run ended because of a signal; the message is for the user.

    Attributes:
        code: the command's exit code, 128 + signal as shells have it.
    """

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code
