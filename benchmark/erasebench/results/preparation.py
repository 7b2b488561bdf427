"""Results of a run before its first image: weight change, classifiers, searched prompts."""

from __future__ import annotations

from pydantic import Field

from erasebench.frozen_model import FrozenModel


class ChangeSize(FrozenModel):
    """The size of a change over some tensors."""

    tensors: int = Field(ge=0, description="Tensors of the base.")
    tensors_changed: int = Field(ge=0, description="Tensors that differ.")
    values: int = Field(ge=0, description="Numbers in the base's tensors.")
    values_changed: int = Field(ge=0, description="Numbers that differ.")
    relative_change: float | None = Field(
        ge=0,
        description="Frobenius norm of the difference divided by that of the base, over all "
        "tensors; null if the base's is 0.",
    )


class GroupChange(ChangeSize):
    """The size of a change over modules of one kind."""

    part: str = Field(description="unet or text_encoder.")
    group: str = Field(description="Kind of module, e.g. cross_attention.")
    effective_rank: float | None = Field(
        ge=1,
        description="Median over the changed matrices of the effective rank of the difference: the "
        "squared sum of the squared singular values divided by the sum of their fourth powers. "
        "Null if no matrix was changed.",
    )
    possible_rank: float | None = Field(
        ge=1, description="Median over the same matrices of the largest possible rank."
    )


class WeightChangeCard(ChangeSize):
    """The size of a checkpoint's change, over the whole base and by kind of module."""

    groups: tuple[GroupChange, ...] = Field(
        description="All kinds of module of the base, including unchanged ones."
    )


class Search(FrozenModel):
    """Prompt search of one probe for one target and prompt index.

    The selector ends a search. The judge's result for the found prompt is in the outcome.
    """

    probe: str = Field(description="Identifier of the probe.")
    target: str = Field(description="Concept in the prompt.")
    prompt_index: int = Field(ge=0, description="Index of the prompt's seeds.")
    prompt: str = Field(
        description="The found prompt: the first that the selector accepts, otherwise the one with "
        "the highest selector probability."
    )
    tries: int = Field(ge=1, description="Number of prompts tried, including the plain one.")
    update: int = Field(
        ge=0,
        description="Optimiser updates before the found prompt; for random prefixes the number of "
        "prefixes tried. 0 for the plain prompt.",
    )
    plain_success: bool = Field(description="Whether the selector accepts the plain prompt.")
    success: bool = Field(description="Whether the selector accepts the found prompt.")
    probability: float = Field(
        ge=0, le=1, description="The selector's probability for the found prompt."
    )


class Preparations(FrozenModel):
    """Classifiers and prompts that a run made before generation."""

    classifiers: dict[str, str] = Field(
        default_factory=dict,
        description="Digest of each latent classifier used for guidance, by concept. They are "
        "trained on the machine of the run and may differ between machines by rounding.",
    )
    searches: tuple[Search, ...] = Field((), description="One per searched prompt.")
