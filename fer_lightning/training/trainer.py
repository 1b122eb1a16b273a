"""Lightning's Trainer with the options of this project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment
from pytorch_lightning.strategies.launchers import _MultiProcessingLauncher

from fer_lightning.errors import FerError
from fer_lightning.training.callbacks.channels_last import ChannelsLast
from fer_lightning.training.checkpoint_io import AtomicCheckpointIO

INSTEAD = {
    "fast_dev_run": "debug=fast",
    "overfit_batches": "debug=overfit or data.max_train_images",
    "use_distributed_sampler": "false, for the data module deals every image once",
}


class Trainer(pl.Trainer):
    """Takes every argument of `pytorch_lightning.Trainer` but three, and one more; writes checkpoints atomically.

    Args:
        channels_last: keep the net's weights and feature maps with the channels as the fastest dimension: faster
            convolutions in bf16 and on GPUs, at times slower ones in fp32 on a CPU.
        callbacks: Lightning's, called in this order.
        plugins: Lightning's, beside the one that writes checkpoints.
        arguments: Lightning's; not `fast_dev_run`, which leaves no checkpoint to test, nor `overfit_batches` and
            `use_distributed_sampler`, which would replace the sampler.

    Raises:
        FerError: one of those three is set, a GPU is asked for where there is none, the strategy trains in child
            processes, or several nodes are asked for and no launcher has started this process.
    """

    def __init__(
        self,
        *,
        channels_last: bool = False,
        callbacks: Sequence[pl.Callback] = (),
        plugins: Sequence[Any] | None = None,
        **arguments: Any,
    ) -> None:
        for name, instead in INSTEAD.items():
            if arguments.get(name):
                raise FerError(f"trainer.{name}={arguments[name]}: take {instead} instead")
        has_gpu = torch.cuda.is_available() or torch.backends.mps.is_available()
        if arguments.get("accelerator") == "gpu" and not has_gpu:
            raise FerError(
                "trainer.accelerator=gpu: torch finds no GPU here; choose trainer=cpu, or trainer=ddp_cpu for several "
                "processes without one"
            )
        layout = [ChannelsLast()] if channels_last else []
        arguments.setdefault("use_distributed_sampler", False)
        # callbacks/interrupt.py answers SLURM's warning; Lightning would write another checkpoint and requeue the job
        cluster = [SLURMEnvironment(auto_requeue=False)] if SLURMEnvironment.detect() else []
        added = [AtomicCheckpointIO(), *cluster, *(plugins or ())]
        super().__init__(callbacks=[*callbacks, *layout], plugins=added, **arguments)
        _check_launch(self, arguments.get("strategy"))


def _check_launch(trainer: pl.Trainer, asked: Any) -> None:
    # children of spawn and fork hand weights back, and what callbacks and metrics have counted is lost with them
    if isinstance(trainer.strategy.launcher, _MultiProcessingLauncher):
        raise FerError(
            f"trainer.strategy={asked}: it trains in child processes, and what they measure is lost; choose ddp, which "
            "starts the whole command once per device"
        )
    environment = getattr(trainer.strategy, "cluster_environment", None)
    if trainer.num_nodes > 1 and not (environment and environment.creates_processes_externally):
        raise FerError(
            f"trainer.num_nodes={trainer.num_nodes}: this process would wait for the other nodes without end; start "
            "the same command on each node with torchrun or srun, or set trainer.num_nodes=1"
        )
