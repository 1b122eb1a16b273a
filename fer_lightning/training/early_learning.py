"""Early-learning regularisation against label noise, by a moving average of the predictions for each training image."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fer_lightning.data.inputs import SEVERAL
from fer_lightning.errors import FerError
from fer_lightning.training.distributed import all_gather

LEAST = 1e-4  # probabilities are held within 1e-4 and 1 - 1e-4, as in the authors' code


class EarlyLearningLoss(nn.Module):
    """A loss with early-learning regularisation, which keeps a net from memorising wrong labels.

    Liu et al. 2020, "Early-Learning Regularization Prevents Memorization of Noisy Labels".
    A net learns the clean labels first and memorises the wrong ones later. So each training image has a target t, the
    moving average of the net's own probabilities p, t <- momentum x t + (1 - momentum) x p, and training adds
    weight x mean log(1 - <p, t>), which is low where the predictions agree with the early ones (equation 6 there).

    The memory is a buffer, so that a checkpoint keeps it and a resumed run ends as an uninterrupted one. Images that a
    batch mixes of several (`mix`) have no memory: they get the base loss alone.

    Args:
        base: takes logits (N, C) and labels (N,) or shares (N, C), gives a scalar; it alone is what is logged, and
            what validation and test get.
        momentum: share of the memory that a step keeps, 0 to below 1; 0.7 in the paper for CIFAR-10, 0.9 for CIFAR-100.
        weight: of the regulariser, 0 or more; 3 in the paper for CIFAR-10, 7 for CIFAR-100.

    Raises:
        FerError: momentum or weight is out of its range, or training begins before `fit_images`.
    """

    memory: Tensor

    def __init__(self, base: nn.Module, momentum: float = 0.7, weight: float = 3.0) -> None:
        super().__init__()
        if not 0 <= momentum < 1:
            raise FerError(f"loss.momentum={momentum}: choose 0 to below 1; 0.7 and 0.9 are usual")
        if weight < 0:
            raise FerError(f"loss.weight={weight}: choose 0 (the base loss alone) or more; 1 to 7 are usual")
        self.base = base
        self.momentum = momentum
        self.weight = weight
        self.register_buffer("memory", torch.empty(0, 0))
        self.register_load_state_dict_pre_hook(_take_the_shape)  # type: ignore[no-untyped-call]

    def fit_images(self, images: int, num_classes: int) -> None:
        """Begins an empty memory of so many images, whose rows a batch names."""
        self.memory = torch.zeros(images, num_classes, device=self.memory.device)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        """The base loss, a scalar."""
        loss: Tensor = self.base(logits, target)
        return loss

    def regulariser(self, logits: Tensor, row: Tensor) -> Tensor:
        """The term weight x mean log(1 - <p, t>) of a training batch, a scalar of 0 or less; t learns from it first.

        Args:
            logits: (N, C) of the training batch.
            row: (N,) int64 the images' rows; `SEVERAL` for images that are mixed of several.
        """
        if not len(self.memory):
            raise FerError("loss=elr has no memory yet: call fit_images with the number of images")
        probabilities = logits.float().softmax(dim=1).clamp(LEAST, 1 - LEAST)
        said = probabilities.detach()
        # every process learns what all of them said, so that their memories stay the same
        for rows, shares in all_gather((row.cpu(), (said / said.sum(dim=1, keepdim=True)).cpu())):
            known = rows != SEVERAL
            place = rows[known].to(self.memory.device)
            self.memory[place] = self.memory[place].lerp(shares[known].to(self.memory), 1 - self.momentum)
        single = row != SEVERAL
        agreement = (self.memory[row[single]] * probabilities[single]).sum(dim=1)
        # a sum over none is 0, where a mean would be nan
        return self.weight * (1 - agreement).log().sum() / max(1, len(agreement))


def _take_the_shape(module: nn.Module, state_dict: dict[str, Tensor], prefix: str, *_: object) -> None:
    """Makes room for the memory of a checkpoint in a loss that has none yet."""
    saved = state_dict.get(f"{prefix}memory")
    if isinstance(module, EarlyLearningLoss) and isinstance(saved, Tensor) and not len(module.memory):
        module.memory = torch.empty_like(saved, device=module.memory.device)
