"""Mixup and CutMix of training batches."""

from __future__ import annotations

import torch
from torchvision.transforms.v2 import CutMix, MixUp

from fer_lightning.data.inputs import SEVERAL, Batch
from fer_lightning.errors import FerError
from fer_lightning.training.callbacks.train_transform import TrainTransform, require_classifier
from fer_lightning.training.learner import Learner


class Mix(TrainTransform):
    """Mixup (Zhang et al. 2018) or CutMix (Yun et al. 2019), by torchvision, on whole batches.

    The loss gets soft targets (N, C). `train/accuracy` counts a mixed image as its class with the largest share.

    Args:
        num_classes: C.
        mixup_alpha: parameter of the Beta distribution of mixup's ratio; 0 is no mixup.
        cutmix_alpha: parameter of the Beta distribution of CutMix's area; 0 is no CutMix.
        prob: probability that a batch is mixed.
        switch_prob: probability of CutMix where both are on.
        off_after: fraction of the epochs after which images are no longer mixed.

    Raises:
        FerError: a value out of its range, or neither of the two is on.
    """

    def __init__(
        self,
        num_classes: int,
        mixup_alpha: float = 0.2,
        cutmix_alpha: float = 1.0,
        prob: float = 0.5,
        switch_prob: float = 0.5,
        off_after: float = 0.85,
    ) -> None:
        for name, share in (("prob", prob), ("switch_prob", switch_prob), ("off_after", off_after)):
            if not 0 <= share <= 1:
                raise FerError(f"mix.{name}={share}: choose 0 to 1")
        if min(mixup_alpha, cutmix_alpha) < 0 or mixup_alpha == cutmix_alpha == 0:
            raise FerError(
                f"mix.mixup_alpha={mixup_alpha}, mix.cutmix_alpha={cutmix_alpha}: choose 0 (off) or more, and one of "
                "them above 0; or mix=none"
            )
        self.prob = prob
        self.off_after = off_after
        self.mixup = MixUp(alpha=mixup_alpha, num_classes=num_classes) if mixup_alpha else None
        self.cutmix = CutMix(alpha=cutmix_alpha, num_classes=num_classes) if cutmix_alpha else None
        self.switch_prob = float(self.mixup is None) if None in (self.mixup, self.cutmix) else switch_prob

    def check(self, module: Learner) -> None:
        """Raises FerError where the module does not classify images alone."""
        require_classifier(module, "mix")
        if not module.soft_targets:
            raise FerError(
                f"mix: {type(module).__name__} trains on one class per image, "
                "and mixed images have several; choose mix=none"
            )

    def __call__(self, batch: Batch) -> Batch:
        """The mixed batch, in which `label` is the class with the largest share; or the unchanged batch."""
        if self.done > self.off_after:
            return batch
        mixed, switched = torch.rand(2).tolist()
        if mixed >= self.prob:
            return batch
        transform = self.cutmix if switched < self.switch_prob else self.mixup
        assert transform is not None
        image, shares = transform(batch.image, batch.target)
        rows = torch.full_like(batch.row, SEVERAL)
        return batch._replace(image=image, votes=shares, label=shares.argmax(dim=1), row=rows)
