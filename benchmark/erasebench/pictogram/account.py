"""The training record of the bundled models, written by the recipe next to their weights."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

ACCOUNT = "recipe.json"
"""File name, in the folder of the models."""


class StageAccount(BaseModel):
    """One trained part, without its settings, which differ from part to part."""

    model_config = ConfigDict(frozen=True)

    seconds: int = Field(ge=0, description="Time spent in optimiser steps.")


class PicturesAccount(BaseModel):
    """The training images."""

    model_config = ConfigDict(frozen=True)

    count: int = Field(ge=1, description="Examples 0 to count - 1 of the source.")
    sha256: str = Field(description="Digest of images, captions, things and styles, hex.")


class Account(BaseModel):
    """Training of a set of models: the published part of `recipe.json`."""

    model_config = ConfigDict(frozen=True)

    seed: int = Field(description="Seed of all random numbers.")
    pictures: PicturesAccount = Field(description="The training images.")
    stages: dict[str, StageAccount] = Field(description="The trained parts by name, in order.")
    libraries: dict[str, str] = Field(description="Library versions by name.")


def read_account(weights: Path) -> Account:
    """Reads the record in the folder of the models."""
    return Account.model_validate_json((weights / ACCOUNT).read_text(encoding="utf-8"))
