"""What a checkpoint gives for one tensor of its base, known by headers alone. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

from erasebench.errors import CheckpointError, quoted
from erasebench.submission.header import TensorEntry

Shape = tuple[int, ...]

MOST_RANK = 1024
"""The largest rank of factors for tensors that cannot have it."""


@dataclass(frozen=True)
class Whole:
    """The edited tensor itself, which takes the place of the base's.

    Attributes:
        entry: where it lies.
    """

    entry: TensorEntry

    @property
    def shape(self) -> Shape:
        """Shape of the tensor that it is for."""
        return self.entry.shape

    @property
    def floats(self) -> Iterator[TensorEntry]:
        """Entries that must hold floating-point numbers."""
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
        alpha: scale times rank: a number, or an entry that holds one; None where the scale is 1.
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
        """Shape of the tensor that it is for."""
        return (self.up.shape[0], *self.down.shape[1:])

    @property
    def floats(self) -> Iterator[TensorEntry]:
        """Entries that must hold floating-point numbers."""
        yield from (self.up, self.down)
        if isinstance(self.alpha, TensorEntry):
            yield self.alpha


@dataclass(frozen=True)
class Sparse:
    """A few values, which take the place of the base's; all others stay, in the dtype of the few.

    So where that is shorter than the base's, the whole tensor is rounded to it.

    Attributes:
        indices: int32 or int64 (n,): places in the tensor as it lies row by row, ascending.
        values: (n,), one for each place.
    """

    indices: TensorEntry
    values: TensorEntry

    @property
    def shape(self) -> None:
        """None: it fits a tensor of any shape, and is bound to its base by the diff's header."""
        return

    @property
    def floats(self) -> Iterator[TensorEntry]:
        """Entries that must hold floating-point numbers."""
        yield self.values


Edit = Whole | Added | LowRank | Sparse


def check_factors(path: Path, canonical: str, up: TensorEntry, down: TensorEntry) -> None:
    """Refuses factors that cannot be multiplied, or whose rank only costs work.

    A product has no more than the rank of its smaller side; above that, what adapters are trained
    with, which is one number for modules of every size, passes up to `MOST_RANK`.

    Args:
        path: the file that they are in, for the error.
        canonical: the tensor that they are for.
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
        f"The factors for {quoted(canonical)} are {quoted(list(up.shape))} and "
        f"{quoted(list(down.shape))}, and cannot be multiplied as (out, rank) and (rank, in), "
        "or have a rank that the tensor cannot have.",
    )
