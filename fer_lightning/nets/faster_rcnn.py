"""Faster R-CNN for expressions, with which paper C compares: proposes boxes, then classifies each."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import TwoMLPHead
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import RoIHeads, fastrcnn_loss
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.ops import MultiScaleRoIAlign

from fer_lightning.errors import FerError
from fer_lightning.nets.parts.conv import ConvBnRelu

SHAPES = (0.5, 1.0, 2.0)  # height over width of the anchors, as in Ren et al. 2015
GRID = 6  # a box is pooled to GRID x GRID features
BEFORE_NMS = 128  # boxes of the highest objectness among which non-maximum suppression chooses


class Judged(NamedTuple):
    """The outputs of the two stages for N images with K boxes in all.

    Attributes:
        boxes: of each image, its boxes as x1, y1, x2, y2 in pixels; the last is the whole image.
        scores: (K, C + 1) float32 before the softmax; background first.
        offsets: (K, 4 * (C + 1)) float32, from each box to the true one, in the coding of torchvision's RoIHeads.
        losses: of the first stage, in training mode alone.
    """

    boxes: list[Tensor]
    scores: Tensor
    offsets: Tensor
    losses: dict[str, Tensor]


class FasterRcnn(nn.Module):
    """(N, channels, size, size) to logits (N, num_classes). Ren et al. 2015, from torchvision's components.

    Paper C compares with the method of its reference 19, "Faster Regions with Convolutional Neural Network Features"
    (sections I and IV), of which it states trainable kernels and max-pooling; the sizes are ours. Convolutions, a
    max-pool before each but the first, give one map. On it a region proposal network finds boxes; RoIAlign pools
    the map inside each; two linear layers tell expression or background, and how far the box is off.

    The logit of a class is the logarithm of its highest probability over the boxes of the image, so the largest
    logit is the class of the best box. The true box is the whole image: FER2013 is cropped to the face (our choice).
    Torchvision adds the true box to the proposals in training; here it is added at test as well, for it is known.
    So an image without proposals has an answer too, and training and test judge the same boxes.

    Logits reach neither the proposals' nor the offsets' weights: train with `losses`.

    Args:
        num_classes: logits.
        channels: of the input, 1 grey or 3 RGB.
        size: side of the input in pixels, at least 2 ** len(widths): the map has 2 x 2 features then.
        widths: channels of the convolutions.
        scales: sides of the square anchors as parts of `size`; each also comes in two oblong shapes of its area.
        proposals: boxes of an image beside the whole of it, at most.
        hidden: units of the two linear layers.

    Raises:
        FerError: a number is below 1, a scale not above 0, or `size` too small.
    """

    def __init__(
        self,
        num_classes: int,
        channels: int = 1,
        size: int = 96,
        widths: Sequence[int] = (32, 64, 128, 128),
        scales: Sequence[float] = (0.5, 1.0),
        proposals: int = 16,
        hidden: int = 256,
    ) -> None:
        super().__init__()
        _check(size, widths, scales, proposals, hidden)
        layers: list[nn.Module] = [ConvBnRelu(channels, widths[0])]
        for before, width in pairwise(widths):
            layers += [nn.MaxPool2d(2), ConvBnRelu(before, width)]
        self.features = nn.Sequential(*layers)
        self.proposals = RegionProposalNetwork(
            AnchorGenerator((tuple(size * scale for scale in scales),), (SHAPES,)),
            ProposalHead(widths[-1], len(scales) * len(SHAPES)),
            fg_iou_thresh=0.7,  # this and the next: Ren et al. 2015, section 3.1.2
            bg_iou_thresh=0.3,
            batch_size_per_image=64,  # few of an image's anchors are near the one true box
            positive_fraction=0.5,
            pre_nms_top_n={"training": BEFORE_NMS, "testing": BEFORE_NMS},
            post_nms_top_n={"training": proposals, "testing": proposals},
            nms_thresh=0.7,
        )
        self.heads = RoIHeads(
            MultiScaleRoIAlign(["map"], GRID, sampling_ratio=2),
            TwoMLPHead(widths[-1] * GRID * GRID, hidden),
            Predictor(hidden, num_classes),
            fg_iou_thresh=0.5,
            bg_iou_thresh=0.5,
            batch_size_per_image=proposals,
            positive_fraction=0.25,
            bbox_reg_weights=None,
            score_thresh=0.0,  # this and the next two choose among detections, which no logit needs
            nms_thresh=0.5,
            detections_per_img=proposals,
        )

    def forward(self, x: Tensor) -> Tensor:
        """Logits (N, num_classes) float32, each the logarithm of a probability."""
        return best(self.judge(x))

    def losses(self, x: Tensor, labels: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """The four losses of a batch in training mode, scalars under torchvision's names, and the logits of `forward`.

        Args:
            x: images, as for `forward`.
            labels: (N,) int64 in 0..num_classes - 1, the expression of each image.
        """
        judged = self.judge(x)
        truth = whole(x)
        _, classes = self.heads.assign_targets_to_proposals(judged.boxes, truth, list(labels[:, None] + 1))
        truths = [true.expand_as(boxes) for true, boxes in zip(truth, judged.boxes, strict=True)]
        offsets = self.heads.box_coder.encode(truths, judged.boxes)
        # few positives, so that the many boxes near the true one do not drown the background
        drawn = self.heads.subsample(classes)
        starts = accumulate((len(boxes) for boxes in judged.boxes[:-1]), initial=0)
        rows = torch.cat([start + row for start, row in zip(starts, drawn, strict=True)])
        loss_classifier, loss_box_reg = fastrcnn_loss(
            judged.scores[rows], judged.offsets[rows], [torch.cat(classes)[rows]], [torch.cat(offsets)[rows]]
        )
        second = {"loss_classifier": loss_classifier, "loss_box_reg": loss_box_reg}
        return judged.losses | second, best(judged)

    def judge(self, x: Tensor) -> Judged:
        """Proposes boxes and judges each."""
        # boxes and losses need float32: coordinates of bf16 are whole pixels above 128
        maps = {"map": self.features(x).float()}
        sizes = [(x.shape[-2], x.shape[-1])] * len(x)
        truth = whole(x)
        boxes, losses = self.proposals(ImageList(x, sizes), maps, [{"boxes": box} for box in truth])
        boxes = self.heads.add_gt_proposals(boxes, truth)
        scores, offsets = self.heads.box_predictor(self.heads.box_head(self.heads.box_roi_pool(maps, boxes, sizes)))
        return Judged(boxes, scores, offsets, losses)


class ProposalHead(RPNHead):  # type: ignore[misc]
    """Torchvision's head of the first stage, with float32 results under autocast."""

    def forward(self, x: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Objectness (N, A, H, W) and offsets (N, 4 * A, H, W) of the A anchors of each place of each map."""
        objectness, offsets = super().forward(x)
        return [level.float() for level in objectness], [level.float() for level in offsets]


class Predictor(nn.Module):
    """Features (K, inputs) of boxes to scores (K, C + 1), background first, and offsets (K, 4 * (C + 1)), float32.

    Unlike torchvision's FastRCNNPredictor it has one box for all classes, for they have one true box. The layer of the
    expressions has a row for each and comes last: there `init_from` looks for the classes of another run.
    """

    def __init__(self, inputs: int, num_classes: int) -> None:
        super().__init__()
        self.offset = nn.Linear(inputs, 4)
        self.background = nn.Linear(inputs, 1)
        self.expression = nn.Linear(inputs, num_classes)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Scores and offsets."""
        offsets = self.offset(x).float()
        scores = torch.cat([self.background(x), self.expression(x)], dim=1).float()
        return scores, offsets.repeat(1, scores.shape[1])


def best(judged: Judged) -> Tensor:
    """(N, C): of each image and class the logarithm of the highest probability that a box gives it."""
    named = judged.scores.log_softmax(dim=1)[:, 1:]
    of_images = torch.split(named, [len(boxes) for boxes in judged.boxes])
    return torch.stack([of_image.amax(dim=0) for of_image in of_images])


def whole(x: Tensor) -> list[Tensor]:
    """Of each image (1, 4) float32: itself as a box."""
    height, width = x.shape[-2:]
    return [torch.tensor([[0.0, 0.0, width, height]], device=x.device)] * len(x)


def _check(size: int, widths: Sequence[int], scales: Sequence[float], proposals: int, hidden: int) -> None:
    if min([len(widths), *widths]) < 1:
        raise FerError(f"model.net.widths={list(widths)}: give a number of 1 or more for each convolution")
    if not scales or min(scales) <= 0:
        raise FerError(f"model.net.scales={list(scales)}: give parts of the image's side above 0; 1 is the whole")
    for key, value in {"proposals": proposals, "hidden": hidden}.items():
        if value < 1:
            raise FerError(f"model.net.{key}={value}: choose 1 or more")
    if size < (smallest := 2 ** len(widths)):
        raise FerError(f"model.input.size={size}: choose {smallest} or more for {len(widths)} convolutions")
