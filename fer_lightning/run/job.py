"""One run as the user asked for it; imports nothing heavy, for commands make it before torch is there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Job:
    """What is to be run.

    Attributes:
        config: plain and resolved.
        choices: config group to the option taken.
        overrides: what the user typed.
        output_dir: the run's folder.
        started: when.
        resumed: whether the folder holds the first part of this run.
        places: paths that have moved since the run began, and whereto.
        data_digest: side to the digest of its images and labels; empty before they are read, and in runs from before
            digests were kept.
        wandb_id: of the W&B run that the first part began.
        records: what a new run says about itself as text: file in its folder -> content.
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
        """Where each epoch, and an interruption, leaves what a resume goes on from."""
        return self.output_dir / "checkpoints" / "last.ckpt"

    @property
    def resume_from(self) -> Path | None:
        """The checkpoint to go on from; None for a run that begins, or that was killed in its first epoch."""
        return self.last_checkpoint if self.resumed and self.last_checkpoint.is_file() else None

    def described(self) -> str:
        """What is tested, in a line: the options that make the result."""
        groups = ("data", "model", "loss", "augment")
        return ", ".join(str(self.choices[group]) for group in groups if self.choices.get(group))


class Stopped(Exception):
    """A run that ended because it was asked to; its text is for people.

    Attributes:
        code: the command's exit code, 128 + signal as shells have it.
    """

    def __init__(self, text: str, code: int) -> None:
        super().__init__(text)
        self.code = code
