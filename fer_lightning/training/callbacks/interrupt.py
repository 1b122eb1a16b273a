"""Stops training on a signal, with a checkpoint from which it continues as if uninterrupted."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import pytorch_lightning as pl

from fer_lightning.data.inputs import Batch
from fer_lightning.errors import FerError
from fer_lightning.signals import STOP_SIGNALS
from fer_lightning.training.distributed import all_gather
from fer_lightning.training.learner import as_learner
from fer_lightning.training.random_state import get_random_state, set_random_state

log = logging.getLogger(__name__)

EVERY = 16  # batches between the checks of several processes, which communicate


class Interrupted(BaseException):
    """A signal stopped the run; a training continues from last.ckpt.

    Not an Exception, like KeyboardInterrupt: libraries that catch every exception must not swallow it.
    """

    def __init__(self, signum: int) -> None:
        super().__init__(signal.Signals(signum).name)
        self.signum = signum


class Interrupt(pl.Callback):
    """Finishes the running step, writes last.ckpt and raises Interrupted; a second Ctrl-C stops at once.

    A checkpoint in mid-epoch also keeps the number of finished batches, the state of every
    generator and the metrics so far, per process. Validation that is due after the running step runs first.

    Args:
        path: of last.ckpt.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._asked: int | None = None
        self._to_save: dict[str, Any] = {}
        self._to_restore: dict[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        """Plain data and tensors; empty at the end of an epoch."""
        return self._to_save

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the state of a checkpoint in mid-epoch."""
        self._to_restore = state_dict

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Installs the signal handlers, and restores the data position and the metrics of a checkpoint in mid-epoch."""
        if threading.current_thread() is threading.main_thread():
            # Lightning restores the previous handlers of all signals after training
            for signum in STOP_SIGNALS:
                signal.signal(signum, self._ask)
        if not self._to_restore:
            _begin_the_next_epoch(trainer)
        else:
            loader: Any = trainer.train_dataloader
            loader.sampler.skip_once(self._to_restore["batches"])
            processes = self._to_restore["processes"]
            if len(processes) != trainer.world_size:
                raise FerError(
                    f"{self.path} was left in mid-epoch by {len(processes)} devices, here are {trainer.world_size}: "
                    "resume on as many"
                )
            as_learner(pl_module).stage_metrics("train").restore(processes[trainer.global_rank]["figures"])

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Restores the generators last, as a loader draws from them when it starts."""
        if self._to_restore:
            set_random_state(self._to_restore["processes"][trainer.global_rank]["generators"])
            self._to_restore = {}

    def on_train_batch_end(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, outputs: Any, batch: Batch, batch_idx: int
    ) -> None:
        """Saves and stops after a signal, where no gradient is partially accumulated."""
        done, accumulated = batch_idx + 1, trainer.accumulate_grad_batches
        if done % accumulated or _validation_follows(trainer):
            return
        if trainer.world_size > 1 and done // accumulated % max(1, EVERY // accumulated):
            return
        if (signum := self._agreed(trainer)) is not None:
            mine = {"generators": get_random_state(), "figures": as_learner(pl_module).stage_metrics("train").state()}
            self._to_save = {"batches": done, "processes": all_gather(mine)}
            trainer.save_checkpoint(self.path)
            raise Interrupted(signum)

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Stops after a signal during validation, with the checkpoint that the last epoch has just written."""
        self.raise_if_interrupted(trainer)

    def raise_if_interrupted(self, trainer: pl.Trainer) -> None:
        """Raises Interrupted after a signal; to be called when last.ckpt is up to date."""
        if (signum := self._agreed(trainer)) is not None:
            raise Interrupted(signum)

    def _agreed(self, trainer: pl.Trainer) -> int | None:
        """The signal that any process received; all must stop at the same step."""
        if trainer.world_size == 1:
            return self._asked
        return max((signum for signum in all_gather(self._asked) if signum is not None), default=None)

    def _ask(self, signum: int, frame: FrameType | None) -> None:
        if self._asked is not None and signum == signal.SIGINT:
            raise KeyboardInterrupt
        log.info("%s: ending after this step; Ctrl-C again ends at once", signal.Signals(signum).name)
        self._asked = signum


def _validation_follows(trainer: pl.Trainer) -> bool:
    """Whether validation is due after this batch: a checkpoint in between would lose it."""
    loop = trainer.fit_loop
    assert loop._data_fetcher is not None
    return trainer.is_last_batch or loop.epoch_loop._should_check_val_fx(loop._data_fetcher)


def _begin_the_next_epoch(trainer: pl.Trainer) -> None:
    """Lightning 2.6 treats any resume with `max_steps` as one in mid-epoch, and would end the last epoch again."""
    loop = trainer.fit_loop
    if loop.restarted_on_epoch_end:
        loop.epoch_progress.increment_completed()
        loop.reset_restart_stage()
        loop._restarting = loop.epoch_loop.restarting = False
