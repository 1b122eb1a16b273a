"""Filters warnings and log messages of libraries on which a user cannot act."""

from __future__ import annotations

import logging
import warnings

# start of the message, and why it does not apply
IGNORED_WARNINGS = (
    "Experiment logs directory",  # Hydra has just created the folder
    r"Checkpoint directory .* exists and is not empty",  # a run may reuse a folder
    r"The number of training batches .* is smaller than the logging interval",  # every metric is logged per epoch
    r"The '.*_dataloader' does not have many workers",  # data are memory-mapped: workers help only augmentation
    r"You're resuming from a checkpoint that ended before the epoch ended",  # see training/callbacks/interrupt.py
    r"It is recommended to use `self.log\(",  # every process logs the same metrics, which are already synchronised
    r"`isinstance\(treespec, LeafSpec\)` is deprecated",  # inside Lightning
)


def filter_warnings() -> None:
    """Call after Lightning is imported, which configures its loggers."""
    for library in ("pytorch_lightning", "lightning_fabric"):  # they list devices and print advertisements
        logging.getLogger(library).setLevel(logging.WARNING)
    for message in IGNORED_WARNINGS:
        warnings.filterwarnings("ignore", message=message)
