"""The base of every model that is written to disk or read from it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class FrozenModel(BaseModel):
    """Immutable, and strict: a field that the model does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
