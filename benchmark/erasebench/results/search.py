"""How a prompt was found for a prompt index: what was tried, and what came of it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from erasebench.frozen_model import FrozenModel


class Search(BaseModel):
    """The tries of one probe for one target and prompt index.

    The selector ends a search; what the judge says of the prompt that was found is in the outcome.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

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
