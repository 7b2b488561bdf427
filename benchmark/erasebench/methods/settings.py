"""Settings of each method, with the values of its paper. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from erasebench.errors import SettingError, UnknownNameError

Wording = Annotated[
    Literal["label", "prompt"],
    Field(description="Text c of the concept: `label`, its name, or `prompt`, its whole prompt."),
]


def _split(text: object) -> object:
    if not isinstance(text, str):
        return text
    return text.split("|") if text else ()


Texts = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_split)]
"""Several texts; on the command line with | between them."""


class Settings(BaseModel):
    """Settings of one method."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @property
    def updates(self) -> int | None:
        """Updates of the method's training; None where it finds its edit in closed form."""
        return None

    def with_overrides(self, overrides: Iterable[str]) -> Self:
        """The same settings with some values replaced.

        Args:
            overrides: each `name=value`.

        Raises:
            UnknownNameError: if there is no setting of a name; suggests the nearest.
            SettingError: if a value is missing or not allowed.
        """
        given: dict[str, str] = {}
        for override in overrides:
            name, sign, value = override.partition("=")
            if name not in type(self).model_fields:
                raise UnknownNameError("setting", name, tuple(type(self).model_fields))
            if not sign:
                raise SettingError(name, "", "write name=value")
            given[name] = value
        try:
            return type(self).model_validate({**self.model_dump(), **given})
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0])
            raise SettingError(name, given[name], first["msg"]) from error

    def as_words(self) -> dict[str, str]:
        """Every setting by name, as written on the command line."""
        return {
            name: "|".join(value) if isinstance(value, tuple) else str(value)
            for name, value in self
        }


class EsdSettings(Settings):
    """Settings of ESD; the defaults are Lu et al.'s, with η = 1 as in the ESD paper."""

    steps: int = Field(200, ge=1, description="Number of updates.")
    learning_rate: float = Field(2e-5, gt=0, description="Learning rate of Adam.")
    batch: int = Field(1, ge=1, description="Start latents per update.")
    negative_guidance: float = Field(
        1.0, ge=0, description="η, guidance away from the concept in the training target."
    )
    rollout_guidance: float = Field(3.0, ge=0, description="Guidance scale for generating x_t.")
    wording: Wording = "label"

    @property
    def updates(self) -> int:
        """`steps`."""
        return self.steps


class UceSettings(Settings):
    """Settings of UCE; the defaults are those of its released code."""

    damping: float = Field(
        0.5, gt=0, description="λ, weight of the distance between W and the original W_0."
    )
    erase_scale: float = Field(1.0, ge=0, description="s_e, weight of the concept's tokens.")
    preserve_scale: float = Field(1.0, ge=0, description="s_p, weight of the preserved tokens.")
    tokens: Literal["last", "from_last", "all"] = Field(
        "last",
        description="Tokens of a text that are used: `last`, the last token of its last word; "
        "`from_last`, also all after it (end and padding); or `all`.",
    )
    preserve: Texts = Field(
        (), description="Texts whose keys and values are preserved, separated by |."
    )
    preserve_empty: bool = Field(
        False, description="Whether the keys and values of the empty prompt are preserved too."
    )
    wording: Wording = "label"
