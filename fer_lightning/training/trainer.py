"""Lightning's Trainer with what this project's config adds to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytorch_lightning as pl
import torch
from lightning_fabric.plugins.environments.slurm import SLURMEnvironment

from fer_lightning.errors import FerError
from fer_lightning.training.callbacks.channels_last import ChannelsLast
from fer_lightning.training.checkpoints import AtomicCheckpoints

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
        FerError: one of those three is set, or a GPU is asked for where there is none.
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
        added = [AtomicCheckpoints(), *cluster, *(plugins or ())]
        super().__init__(callbacks=[*callbacks, *layout], plugins=added, **arguments)
