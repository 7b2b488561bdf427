"""Measures a weight change tensor by tensor, without two models in memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import median
from typing import Any

import torch

from erasebench.results.preparation import GroupChange, WeightChangeCard
from erasebench.submission.tensor_names import (
    TEXT_ENCODER,
    TEXT_GROUPS,
    UNET,
    UNET_GROUPS,
    group_of,
    part_of,
)

_GROUPS = ((UNET, UNET_GROUPS), (TEXT_ENCODER, TEXT_GROUPS))


@dataclass
class _Sum:
    """Sums over the tensors of one group."""

    tensors: int = 0
    tensors_changed: int = 0
    values: int = 0
    values_changed: int = 0
    squares: float = 0.0
    squared_change: float = 0.0
    ranks: list[float] = field(default_factory=list)
    possible: list[int] = field(default_factory=list)


def _totals(sums: Collection[_Sum]) -> dict[str, Any]:
    """The fields that the cards of a group and of the whole have in common."""
    squares = sum(one.squares for one in sums)
    squared_change = sum(one.squared_change for one in sums)
    return {
        "tensors": sum(one.tensors for one in sums),
        "tensors_changed": sum(one.tensors_changed for one in sums),
        "values": sum(one.values for one in sums),
        "values_changed": sum(one.values_changed for one in sums),
        "relative_change": sqrt(squared_change / squares) if squares else None,
    }


class WeightChange:
    """Sums up a change over the tensors of a base."""

    def __init__(self) -> None:
        """Starts empty."""
        self._sums: defaultdict[tuple[str, str], _Sum] = defaultdict(_Sum)

    def add(self, name: str, unedited: torch.Tensor, edited: torch.Tensor | None) -> None:
        """Adds one tensor of the base.

        Args:
            name: canonical.
            unedited: the base's values, rounded to the dtype of `edited`.
            edited: the checkpoint's values, finite; None if unchanged.
        """
        total = self._sums[part_of(name), group_of(name)]
        total.tensors += 1
        total.values += unedited.numel()
        total.squares += _squared_norm(unedited)
        if edited is None:
            return
        total.tensors_changed += 1
        total.values_changed += int((edited != unedited).sum())
        # In float32, large values and the norm could overflow.
        difference = edited.double() - unedited.double()
        total.squared_change += _squared_norm(difference)
        if difference.ndim > 1:
            matrix = difference.flatten(1)
            total.ranks.append(effective_rank(matrix))
            total.possible.append(min(matrix.shape))

    def card(self) -> WeightChangeCard:
        """The sums."""
        return WeightChangeCard(
            **_totals(self._sums.values()),
            groups=tuple(
                _group(part, group, self._sums[part, group])
                for part, groups in _GROUPS
                for group in groups
                if (part, group) in self._sums
            ),
        )


def effective_rank(matrix: torch.Tensor) -> float:
    """Effective rank: number of directions in which a matrix acts, weighted by their share.

    With the singular values σ: (Σ σ²)² / Σ σ⁴. It is r for r equal values, and small values, e.g.
    from rounding, hardly increase it. Both sums follow from the Gram matrix G of the smaller side:
    tr G = Σ σ² and ‖G‖² = Σ σ⁴, so no decomposition is needed.

    Args:
        matrix: (m, n), floating-point, finite, not all 0.

    Returns:
        From 1 to min(m, n).
    """
    # Scaled to largest value 1 and then to norm 1, so that powers neither vanish nor overflow;
    # then single precision is sufficient, and takes half the time.
    scaled = matrix.double() / float(matrix.abs().max())
    unit = scaled.div_(sqrt(_squared_norm(scaled))).float()
    gram = unit @ unit.T if len(unit) <= unit.shape[1] else unit.T @ unit
    return max(1.0, float(gram.diagonal().double().sum()) ** 2 / _squared_norm(gram))


def _squared_norm(tensor: torch.Tensor) -> float:
    return float(torch.linalg.vector_norm(tensor, dtype=torch.float64)) ** 2


def _group(part: str, group: str, total: _Sum) -> GroupChange:
    return GroupChange(
        part=part,
        group=group,
        **_totals([total]),
        effective_rank=_median(total.ranks),
        possible_rank=_median(total.possible),
    )


def _median(values: Sequence[float]) -> float | None:
    return float(median(values)) if values else None
