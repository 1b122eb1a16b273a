"""Silences what libraries print that tells a user nothing to act on."""

from __future__ import annotations

import logging
import warnings

# what each begins with, and why it is no news here
IGNORED_WARNINGS = (
    "Experiment logs directory",  # Hydra has just made the run's folder and put its config there
    r"Checkpoint directory .* exists and is not empty",  # a run in the folder of an earlier one replaces it
    r"The number of training batches .* is smaller than the logging interval",  # every metric is logged by the epoch
    r"The '.*_dataloader' does not have many workers",  # the sets are memory-mapped: workers pay only for augmentation
    r"You're resuming from a checkpoint that ended before the epoch ended",  # training/callbacks/interrupt.py leads it
    r"It is recommended to use `self.log\(",  # every process logs the same figures, for they were counted together
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # inside Lightning
)


def filter_warnings() -> None:
    """Call after Lightning's import, which sets its loggers up anew."""
    for library in ("pytorch_lightning", "lightning_fabric"):  # which devices there are, and advertisements
        logging.getLogger(library).setLevel(logging.WARNING)
    for message in IGNORED_WARNINGS:
        warnings.filterwarnings("ignore", message=message)
