"""How much of a base a checkpoint changes, and where: what the tensors say before any picture."""

from __future__ import annotations

from pydantic import Field

from erasebench.frozen_model import FrozenModel


class ChangeSize(FrozenModel):
    """The size of a change over some tensors."""

    tensors: int = Field(ge=0, description="Tensors of the base.")
    tensors_changed: int = Field(ge=0, description="Those of them that differ.")
    values: int = Field(ge=0, description="Numbers in the base's tensors.")
    values_changed: int = Field(ge=0, description="Those of them that differ.")
    relative_change: float | None = Field(
        ge=0,
        description="Frobenius norm of the difference over that of the base, all tensors together; "
        "null where the base's is 0.",
    )


class GroupChange(ChangeSize):
    """The size of a change over modules of one kind."""

    part: str = Field(description="unet or text_encoder.")
    group: str = Field(description="Kind of module, e.g. cross_attention.")
    effective_rank: float | None = Field(
        ge=1,
        description="Median over the changed matrices of the effective rank of the difference: "
        "the sum of the squared singular values, squared, over the sum of their fourth powers. "
        "Null where no matrix was changed.",
    )
    possible_rank: float | None = Field(
        ge=1, description="Median over the same matrices of the largest rank that each can have."
    )


class WeightChangeCard(ChangeSize):
    """What a checkpoint changes, over the whole base and by kind of module."""

    groups: tuple[GroupChange, ...] = Field(
        description="Every kind of module of the base, the unchanged ones as well."
    )
