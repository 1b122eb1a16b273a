"""One run as the user asked for it; imports nothing heavy, for commands make it before torch is there."""

from __future__ import annotations

from dataclasses import dataclass
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
    """

    config: dict[str, Any]
    choices: dict[str, Any]
    overrides: list[str]
    output_dir: Path
    started: datetime

    def described(self) -> str:
        """What is tested, in a line: the options that make the result."""
        groups = ("data", "model", "loss", "augment")
        return ", ".join(str(self.choices[group]) for group in groups if self.choices.get(group))
