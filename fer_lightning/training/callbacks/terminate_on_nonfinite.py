"""Terminates training at the first loss that is not finite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytorch_lightning as pl
import torch
from torch import Tensor

from fer_lightning.data.inputs import Batch
from fer_lightning.training.distributed import all_gather

BEFORE = 5  # losses of previous steps that are reported
AT_ONCE = ("cpu",)  # devices that compute synchronously
EVERY = 20  # batches between checks, which synchronise with the device or with other processes


class NonFiniteLoss(Exception):
    """A loss that is nan or infinite; with its `step` and the losses `before` it."""

    def __init__(self, step: TrainingStep, before: list[float], epoch: int) -> None:
        super().__init__(f"step {step.number}: loss {step.loss}")
        self.step = step
        self.before = before
        self.epoch = epoch

    @property
    def grew(self) -> bool:
        """Whether the losses before it had grown, as with a learning rate that is too high."""
        return len(self.before) > 1 and max(self.before[1:]) > 3 * self.before[0] + 1


@dataclass(frozen=True)
class TrainingStep:
    """One training batch: its number over all epochs from 1, its loss, and the rows of its images."""

    number: int
    loss: float
    rows: list[int]


class TerminateOnNonFinite(pl.Callback):
    """Checks every loss, on a GPU or with several processes some batches late; raises NonFiniteLoss.

    No epoch ends and no checkpoint is written without a check.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, Tensor, Tensor]] = []
        self._seen: list[float] = []

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Keeps the loss, and checks those kept when it is time."""
        loss = outputs["loss"] if isinstance(outputs, Mapping) else outputs
        whole = loss.detach() * trainer.accumulate_grad_batches  # Lightning has divided it
        self._waiting.append((trainer.fit_loop.total_batch_idx + 1, whole, batch.row))
        at_once = pl_module.device.type in AT_ONCE and trainer.world_size == 1
        if at_once or trainer.is_last_batch or len(self._waiting) >= EVERY:
            self._look(trainer)

    def on_save_checkpoint(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Checks the remaining losses; called in every process."""
        if self._waiting:
            self._look(trainer)

    def _look(self, trainer: pl.Trainer) -> None:
        losses = torch.stack([loss.float() for _, loss, _ in self._waiting])
        bad = ~losses.isfinite()
        if trainer.strategy.reduce_boolean_decision(bool(bad.any()), all=False):
            raise self._found(losses.tolist(), bad.tolist(), trainer.current_epoch)
        self._seen = [*self._seen, *losses.tolist()][-BEFORE:]
        self._waiting = []

    def _found(self, losses: list[float], bad: list[bool], epoch: int) -> NonFiniteLoss:
        """The earliest step of all processes: where one fails, the next step fails everywhere."""
        mine = None
        if any(bad):
            place = bad.index(True)
            number, _, rows = self._waiting[place]
            mine = (TrainingStep(number, losses[place], rows.tolist()), [*self._seen, *losses[:place]][-BEFORE:])
        step, before = min((each for each in all_gather(mine) if each), key=lambda each: each[0].number)
        return NonFiniteLoss(step, before, epoch)
