"""The probability simplex over a vocabulary: projection onto it, and samples from it."""

from __future__ import annotations

from math import ceil, log2

import torch
from torch.autograd.function import FunctionCtx, once_differentiable

SUM_TOLERANCE = 1e-5
"""ξ: how far from 1 the bisection may leave the sum of a row."""


def project_on_simplex(rows: torch.Tensor) -> torch.Tensor:
    """The nearest point of the simplex to each row: no value negative, their sum 1.

    It is max(row - μ, 0) with the one μ that makes the sum 1, which is found by bisection: the sum
    falls with μ, is at least 1 at max(row) - 1, and 0 at max(row). The number of halvings is the
    same for all rows, so that no row depends on others. A row minus its maximum has the same
    projection, and is more precise.

    Args:
        rows: float32 (..., V), of any finite values.

    Returns:
        Like `rows`; sums are within `SUM_TOLERANCE` of 1, but for rounding.

    Source: the released code of Zhang et al., "To Generate or Not?" (ECCV 2024).
    Deviation: there ξ bounds the error of μ. The sum is then wrong by up to V·ξ, half of the total
    for 49,408 tokens; here ξ bounds the error of the sum.
    """
    rows = rows - rows.amax(dim=-1, keepdim=True)
    high = torch.zeros_like(rows[..., :1])
    low = high - 1
    for _ in range(ceil(log2(rows.shape[-1] / SUM_TOLERANCE))):
        middle = (low + high) / 2
        too_much = (rows - middle).clamp_(min=0).sum(dim=-1, keepdim=True) > 1
        low = torch.where(too_much, middle, low)
        high = torch.where(too_much, high, middle)
    return (rows - (low + high) / 2).clamp_(min=0)


def draw_one_hot(probabilities: torch.Tensor, uniform: torch.Tensor) -> torch.Tensor:
    """A one-hot sample of each row, with straight-through gradients.

    The gradient of the sample is that of the probabilities, each value clipped to [-1, 1]
    (hardtanh).

    Args:
        probabilities: float32 (..., V), on the simplex.
        uniform: random numbers that choose, float32 (...), in [0, 1).

    Returns:
        Like `probabilities`.
    """
    chosen: torch.Tensor = _StraightThrough.apply(  # type: ignore[no-untyped-call]
        probabilities, uniform
    )
    return chosen


class _StraightThrough(torch.autograd.Function):
    """See `draw_one_hot`."""

    @staticmethod
    def forward(
        _ctx: FunctionCtx, probabilities: torch.Tensor, uniform: torch.Tensor
    ) -> torch.Tensor:
        up_to = probabilities.cumsum(dim=-1)
        mark = uniform[..., None] * up_to[..., -1:]
        # Strictly above the mark, so that a token of probability 0 is never chosen.
        chosen = torch.searchsorted(up_to, mark, right=True)
        return torch.zeros_like(probabilities).scatter_(-1, chosen, 1)

    @staticmethod
    @once_differentiable
    def backward(_ctx: FunctionCtx, gradient: torch.Tensor) -> tuple[torch.Tensor, None]:
        return gradient.clamp(-1, 1), None
