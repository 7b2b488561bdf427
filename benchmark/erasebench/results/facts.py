"""What a result says about its probes, so that it can be read without the code that ran them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pydantic import BaseModel, ConfigDict, Field

from erasebench.concepts import Kind
from erasebench.protocol import View

EDITED_ENCODER = "text_encoder"
"""How a result names the text encoder among the parts that were edited."""


class ProbeFacts(BaseModel):
    """What statistics and pages need to know of one probe."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(description="Identifier.")
    family: str = Field(description="Kind of question: text, control, trajectory, context, ...")
    summary: str = Field(description="One sentence for tables.")
    control: str | None = Field(
        description="The probe whose rate `excess` subtracts; null where it has none."
    )
    shown_control: str | None = Field(
        None, description="Another probe, whose difference is shown and never scored; mostly null."
    )
    reference: str | None = Field(
        None,
        description="The probe that shows what the unedited base makes of the same context when it "
        "is asked for nothing; null where there is no context.",
    )
    floor: str | None = Field(
        None,
        description="The probe of the unedited base that gives the floor where the protocol has no "
        "model that never knew its concepts; null where it has one, or the floor is 0.",
    )
    asks_for: tuple[Kind, ...] = Field(
        description="Kinds of concept that can be asked for in this way."
    )
    view: View = Field(
        description="What the judges see: the `whole` picture, or a `crop` to the centre square."
    )
    settings: tuple[str, ...] = Field(
        description="Settings that are chosen among, in the order in which ties are broken; "
        "one empty string where variants are mere redraws."
    )
    of_edited_encoders: bool = Field(
        False,
        description="Whether it can be asked only of a model whose text encoder was edited.",
    )
    ranked: bool = Field(description="Whether the protocol lists it among the probes that rank.")


def not_applicable(probes: Iterable[ProbeFacts], edited: Collection[str]) -> frozenset[str]:
    """The probes that cannot be asked of a model, given the parts of it that were edited."""
    if EDITED_ENCODER in edited:
        return frozenset()
    return frozenset(probe.name for probe in probes if probe.of_edited_encoders)
