"""What the bundled models were made from, as the recipe wrote it beside their weights."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

ACCOUNT = "recipe.json"
"""The file, in the folder that holds the models."""


class StageAccount(BaseModel):
    """What is told of one trained part; its settings, which differ from part to part, aside."""

    model_config = ConfigDict(frozen=True)

    seconds: int = Field(ge=0, description="Time spent in optimiser steps.")


class PicturesAccount(BaseModel):
    """What is told of the training pictures."""

    model_config = ConfigDict(frozen=True)

    count: int = Field(ge=1, description="Examples 0 to count - 1 of the source.")
    sha256: str = Field(description="Digest of pictures, captions, things and styles, hex.")


class Account(BaseModel):
    """How a set of models was made: the part of `recipe.json` that a reader is told."""

    model_config = ConfigDict(frozen=True)

    seed: int = Field(description="Of everything random.")
    pictures: PicturesAccount = Field(description="The training pictures.")
    stages: dict[str, StageAccount] = Field(description="The trained parts by name, in order.")
    libraries: dict[str, str] = Field(description="Versions of what it was made with, by name.")


def read_account(weights: Path) -> Account:
    """Reads the account in the folder that holds the models."""
    return Account.model_validate_json((weights / ACCOUNT).read_text(encoding="utf-8"))
