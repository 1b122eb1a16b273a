"""Lightning's logger of W&B with a run's parameters by name, which may be lost without harm to training."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import wandb
from pytorch_lightning.loggers import WandbLogger

from fer_lightning.errors import FerError

log = logging.getLogger(__name__)

# what W&B raises when its server, its helper process or the disk fails
WANDB_ERRORS = (wandb.Error, OSError)
MAX_TAG_LENGTH = 64


class RunLogger(WandbLogger):
    """A run in W&B, which begins when it is first asked for its `experiment`.

    Args:
        save_dir: the folder in which W&B makes its own `wandb/`.
        project: W&B's project.
        entity: a user or a team; None is the account's default.
        name: None is the name of `save_dir`.
        group: runs that belong together.
        job_type: what kind of run it is in its group.
        tags: beside those that `begin` adds, of 1 to 64 characters.
        notes: a longer text.
        id: of a run to go on with; None makes a new one.
        offline: keep everything on disk for `wandb sync`.
        log_model: give the best checkpoint to W&B, as an artifact.
        quiet: W&B prints where the run is, and no summary of its own.
        finish_timeout: seconds that the end of a run waits for uploads, 0 for as long as they take.
        lightning: what else WandbLogger takes.

    Raises:
        FerError: the tags are no list, or one is empty or too long.
    """

    def __init__(
        self,
        save_dir: str | Path,
        project: str = "fer_lightning",
        entity: str | None = None,
        name: str | None = None,
        group: str | None = None,
        job_type: str | None = None,
        tags: Sequence[str] | None = None,
        notes: str | None = None,
        id: str | None = None,
        offline: bool = False,
        log_model: bool = True,
        quiet: bool = True,
        finish_timeout: float = 0,
        **lightning: Any,
    ) -> None:
        if isinstance(tags, str):
            raise FerError(f"logger.wandb.tags={tags}: write a list, as in [{tags}]")
        named = [str(tag) for tag in tags or ()]
        for tag in named:
            if not 1 <= len(tag) <= MAX_TAG_LENGTH:
                raise FerError(f"logger.wandb.tags: '{tag}' has {len(tag)} characters, choose 1 to {MAX_TAG_LENGTH}")
        self.log_best = log_model
        self._lost = False
        super().__init__(
            save_dir=str(save_dir),
            project=project,
            entity=entity,
            name=name or Path(save_dir).resolve().name,
            group=group,
            job_type=job_type,
            tags=named or None,  # an empty list would outdo WANDB_TAGS
            notes=notes,
            id=id,
            # Lightning's own way sets WANDB_MODE for all that this process does later
            mode="offline" if offline else None,
            settings=wandb.Settings(quiet=quiet, finish_timeout=finish_timeout, finish_timeout_raises=True),
            **lightning,
        )
        self._wandb_init.pop("anonymous", None)  # W&B warns of it, though Lightning passes nothing

    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:
        """As Lightning's; after W&B's helper process has died, training goes on without it."""
        if self._lost:
            return
        try:
            super().log_metrics(metrics, step)
        except WANDB_ERRORS as trouble:
            self._lost = True
            log.warning("the connection to W&B is lost; this run continues without it (%s)", trouble)
