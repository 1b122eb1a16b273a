"""Kirsch edges: the largest of eight directional responses per pixel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

PIECE = 2**18  # values that a processor's cache holds while they are worked on: five times as fast as a batch at once


def kirsch(x: Tensor) -> Tensor:
    """Edges (N, C, H, W) of images or maps (N, C, H, W), each channel by itself. Paper C, section II.D.

    Of the eight directions' templates (equation 13: three neighbours that touch weigh 5, the other five -3, the centre
    0) the largest response counts, with its sign (equation 15). The eight of a pixel have the mean 0, so that an edge
    is 0 or more: 15 times the height of a straight step. The paper does not state the padding: the border
    is repeated, for zeros would draw an edge around every face.

    Differentiable once, a tie being shared by its directions. Summed in float32 at least, given in the dtype of `x`.
    """
    return cast(Tensor, _Kirsch.apply(x))


class _Kirsch(torch.autograd.Function):
    # autograd's own gradient of the views and maxima takes ten times as long as the edges themselves

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.cat([_edges(_wide(piece)).to(x.dtype) for piece in _pieces(x)])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        pairs = zip(_pieces(x), _pieces(gradient), strict=True)
        return torch.cat([_gradient(_wide(piece), _wide(part)).to(x.dtype) for piece, part in pairs])


def _pieces(x: Tensor) -> Sequence[Tensor]:
    count = min(len(x), x.numel() // PIECE)
    return x.tensor_split(count) if count > 1 and x.device.type == "cpu" else [x]


def _wide(x: Tensor) -> Tensor:
    # sums of bfloat16 would be off by a hundredth of the largest edge
    return x.to(torch.promote_types(x.dtype, torch.float32))


def _sums(x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Sums of three in a row (H + 2, W), of three in a column (H, W + 2), of squares of four (H + 1, W + 1)."""
    bordered = F.pad(x, (1, 1, 1, 1), mode="replicate")
    twos = bordered[..., :-1] + bordered[..., 1:]
    rows = twos[..., :-1] + bordered[..., 2:]
    columns = (bordered[..., :-2, :] + bordered[..., 1:-1, :]).add_(bordered[..., 2:, :])
    return rows, columns, twos[..., :-1, :] + twos[..., 1:, :]


def _edges(x: Tensor) -> Tensor:
    # a response is 5 S3 - 3 (S8 - S3) = 8 S3 - 3 S8, where S3 sums three neighbours and S8 all: one maximum over the S3
    rows, columns, squares = _sums(x)
    lower = torch.maximum(squares[..., :-1, :], squares[..., 1:, :])
    best = torch.maximum(lower[..., :-1], lower[..., 1:]).sub_(x)  # a corner's three: its square less the centre
    torch.maximum(best, torch.maximum(rows[..., :-2, :], rows[..., 2:, :]), out=best)
    torch.maximum(best, torch.maximum(columns[..., :-2], columns[..., 2:]), out=best)
    around = (rows[..., :-2, :] + rows[..., 1:-1, :]).add_(rows[..., 2:, :]).sub_(x)
    return best.mul_(8).sub_(around, alpha=3)


def _gradient(x: Tensor, g: Tensor) -> Tensor:
    """The gradient of `_edges`: each of its steps in reverse."""
    rows, columns, squares = _sums(x)
    top, bottom = rows[..., :-2, :], rows[..., 2:, :]
    left, right = columns[..., :-2], columns[..., 2:]
    above, below = squares[..., :-1, :], squares[..., 1:, :]
    lower = torch.maximum(above, below)
    row, column = torch.maximum(top, bottom), torch.maximum(left, right)
    corner = torch.maximum(lower[..., :-1], lower[..., 1:]).sub_(x)
    to_side, to_corner = _shares(g, torch.maximum(row, column), corner)
    to_row, to_column = _shares(to_side, row, column)

    # every direction lies behind three maxima, whose shares are double: 2 * 2 * 2 stands for the factor 8
    of_rows = _laid(*_shares(to_row, top, bottom), dim=-2, step=2)
    for start in range(3):
        of_rows.narrow(-2, start, x.shape[-2]).sub_(g, alpha=3)
    of_columns = _laid(*_shares(to_column, left, right), dim=-1, step=2)
    of_lower = _laid(*_shares(to_corner, lower[..., :-1], lower[..., 1:]), dim=-1, step=1)
    of_squares = _laid(*_shares(of_lower, above, below), dim=-2, step=1)
    of_twos = _laid(of_squares, of_squares, dim=-2, step=1)
    of_twos[..., :-1] += of_rows
    bordered = _laid(of_twos, of_twos, dim=-1, step=1)
    bordered[..., 2:] += of_rows
    for start in range(3):
        bordered.narrow(-2, start, x.shape[-2]).add_(of_columns)
    for dim in (-2, -1):  # what the border got belongs to the pixels that it repeats
        for border, inside in ((0, 1), (-1, -2)):
            bordered.select(dim, inside).add_(bordered.select(dim, border))
    return bordered[..., 1:-1, 1:-1].add(g, alpha=3).sub_(to_corner, alpha=4)  # the centre is in no sum of neighbours


def _shares(g: Tensor, first: Tensor, second: Tensor) -> tuple[Tensor, Tensor]:
    """Twice the gradient of a maximum of two for each of them: all to the larger, or half to each in a tie."""
    sign = torch.sub(first, second).sign_()
    return torch.addcmul(g, g, sign), torch.addcmul(g, g, sign, value=-1)


def _laid(first: Tensor, second: Tensor, dim: int, step: int) -> Tensor:
    """Gradient of a tensor of which two views were taken, the second one `step` further along `dim`."""
    laid = F.pad(first, (0, step) if dim == -1 else (0, 0, 0, step))
    laid.narrow(dim, step, second.shape[dim]).add_(second)
    return laid
