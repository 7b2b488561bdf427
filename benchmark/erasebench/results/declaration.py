"""What a submission's manifest declares of itself."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Words = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Address = Annotated[str, StringConstraints(pattern=r"^https://[^\s\"'<>]+$", max_length=200)]


class Declaration(BaseModel):
    """The submitter's word, which no measurement has looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Words = Field(description="What the submitter calls the submission.")
    method: Words = Field(description="The erasure method.")
    paper: Address | None = Field(None, description="Where the method is described.")
    code: Address | None = Field(None, description="Where the code that erased is.")
    licence: Words = Field(description="Licence of the checkpoints.")
    training_data: Words | None = Field(None, description="What the erasure was trained on.")
    hardware: Words | None = Field(None, description="What making one checkpoint ran on.")
    hours: float | None = Field(None, ge=0, description="Wall time of making one checkpoint.")
