"""What is known before the first image: weight change, latent classifiers, searched prompts."""

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


class Search(FrozenModel):
    """The tries of one probe for one target and prompt index.

    The selector ends a search; what the judge says of the prompt that was found is in the outcome.
    """

    probe: str = Field(description="Identifier of the probe.")
    target: str = Field(description="The concept asked for.")
    prompt_index: int = Field(ge=0, description="Index of the prompt's seeds.")
    prompt: str = Field(
        description="The prompt that was found: the first with success, or else "
        "the one that the selector likes best."
    )
    tries: int = Field(ge=1, description="Prompts tried, the plain one included.")
    update: int = Field(
        ge=0,
        description="Updates of the optimiser before the prompt that was found; of random "
        "prefixes, how many had been tried with it. 0 for the plain prompt.",
    )
    plain_success: bool = Field(description="The selector's verdict on the plain prompt.")
    success: bool = Field(description="The selector's verdict on the prompt that was found.")
    probability: float = Field(ge=0, le=1, description="The selector's probability of it.")


class Making(FrozenModel):
    """What a run made before it drew its pictures."""

    classifiers: dict[str, str] = Field(
        default_factory=dict,
        description="Digest of each latent classifier that guidance used, by concept. They are "
        "trained on the machine of the run; those of two machines may differ by rounding.",
    )
    searches: tuple[Search, ...] = Field((), description="One per prompt that was searched.")
