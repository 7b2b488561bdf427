"""Edits of one tensor of the base, known by headers only. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

from erasebench.errors import CheckpointError, quoted
from erasebench.submission.header import TensorEntry

Shape = tuple[int, ...]

MOST_RANK = 1024
"""Largest allowed rank of factors, even for smaller tensors."""


@dataclass(frozen=True)
class Whole:
    """The edited tensor itself, which replaces the base's.

    Attributes:
        entry: position in its file.
    """

    entry: TensorEntry

    @property
    def shape(self) -> Shape:
        """Shape of the edited tensor."""
        return self.entry.shape

    @property
    def floats(self) -> Iterator[TensorEntry]:
        """Entries that must be floating-point."""
        yield self.entry


@dataclass(frozen=True)
class Added(Whole):
    """The difference between the edited tensor and the base's."""


@dataclass(frozen=True)
class LowRank:
    """The difference as a product of two factors, `scale · up · down`.

    Attributes:
        up: (out, rank), or (out, rank, 1, 1) for a convolution.
        down: (rank, in), or (rank, in, height, width) for a convolution.
        alpha: scale times rank, as a number or an entry; None for scale 1.
    """

    up: TensorEntry
    down: TensorEntry
    alpha: TensorEntry | float | None = None

    @property
    def rank(self) -> int:
        """Columns of `up` and rows of `down`."""
        return self.down.shape[0]

    @property
    def shape(self) -> Shape:
        """Shape of the edited tensor."""
        return (self.up.shape[0], *self.down.shape[1:])

    @property
    def floats(self) -> Iterator[TensorEntry]:
        """Entries that must be floating-point."""
        yield from (self.up, self.down)
        if isinstance(self.alpha, TensorEntry):
            yield self.alpha


@dataclass(frozen=True)
class Sparse:
    """Values that replace some of the base's; the whole tensor takes their dtype.

    If that dtype is shorter than the base's, the whole tensor is rounded.

    Attributes:
        indices: int32 or int64 (n,): ascending row-major positions in the tensor.
        values: (n,), one per position.
    """

    indices: TensorEntry
    values: TensorEntry

    @property
    def shape(self) -> None:
        """None: it fits any shape; the diff's metadata names the base."""
        return

    @property
    def floats(self) -> Iterator[TensorEntry]:
        """Entries that must be floating-point."""
        yield self.values


Edit = Whole | Added | LowRank | Sparse


def check_factors(path: Path, canonical: str, up: TensorEntry, down: TensorEntry) -> None:
    """Rejects factors that cannot be multiplied, or with a useless rank.

    A product has at most the rank of its smaller side. Adapters often use one rank for modules of
    all sizes, so ranks up to `MOST_RANK` are always allowed.

    Args:
        path: their file, for the error.
        canonical: the edited tensor.
        up: (out, rank), or (out, rank, 1, 1) for a convolution.
        down: (rank, in), or (rank, in, height, width) for a convolution.

    Raises:
        CheckpointError: if they do not fit.
    """
    matrices = len(up.shape) == len(down.shape) == 2
    convolutions = len(up.shape) == len(down.shape) == 4 and up.shape[2:] == (1, 1)
    if (
        (matrices or convolutions)
        and up.shape[1] == down.shape[0]
        and 0 < down.shape[0] <= max(MOST_RANK, min(up.shape[0], prod(down.shape[1:])))
    ):
        return
    raise CheckpointError(
        path,
        f"The factors for {quoted(canonical)} have shapes {quoted(list(up.shape))} and "
        f"{quoted(list(down.shape))}. They must be (out, rank) and (rank, in), with a rank that "
        "the tensor can have. Save the adapter or diff again.",
    )
