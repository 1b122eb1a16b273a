"""Freezes chosen parameters of a net."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

import pytorch_lightning as pl

from fer_lightning.errors import FerError, choices
from fer_lightning.training.learner import as_learner

log = logging.getLogger(__name__)


class Freeze(pl.Callback):
    """Parameters whose names match a pattern get no gradient and are not optimised.

    A module all of whose parameters are frozen also stays in eval mode: its dropout is off, and its batch
    normalisation keeps its statistics.

    Args:
        patterns: shell patterns of parameter names inside the net, such as `stn.*` or `*.bias`.

    Raises:
        FerError: when training begins, for a pattern that matches nothing, or where nothing is left to train.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self.patterns = list(patterns)

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Freezes before the optimizer is made of the trainable parameters."""
        if stage != "fit":
            return
        named = dict(as_learner(pl_module).net.named_parameters())
        if not self.patterns:
            log.warning("callbacks.freeze.patterns is empty: nothing is frozen; choose among %s", choices(_tops(named)))
        for pattern in self.patterns:
            if not any(fnmatchcase(name, pattern) for name in named):
                raise FerError(
                    f"callbacks.freeze.patterns: '{pattern}' matches no parameter of the net; "
                    f"choose among {choices(_tops(named), pattern)}, or name single ones"
                )
        for name, parameter in named.items():
            parameter.requires_grad = not any(fnmatchcase(name, pattern) for pattern in self.patterns)
        if not any(parameter.requires_grad for parameter in named.values()):
            raise FerError(f"callbacks.freeze.patterns={self.patterns} freezes the whole net: nothing is left to train")

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Sets frozen modules to eval mode; Lightning restores the mode of every module after each validation."""
        for part in as_learner(pl_module).net.modules():
            weights = list(part.parameters())
            if weights and not any(weight.requires_grad for weight in weights):
                part.eval()


def _tops(names: Iterable[str]) -> list[str]:
    """The patterns of the net's top-level modules."""
    return sorted({f"{name.split('.')[0]}.*" for name in names})
