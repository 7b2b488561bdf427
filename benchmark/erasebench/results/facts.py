"""What a result says about its probes, so that it can be read without the code that ran them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import Field

from erasebench.concepts import Kind
from erasebench.frozen_model import FrozenModel
from erasebench.protocol import View

_LEFT_OUT = ("version", "floor_is_control", "unoptimised", "retention_condition", "on_base")
"""Facts that a file leaves out where they follow from the others.

So files of before these facts were told are still read, and written again without a change.
"""

EDITED_ENCODER = "text_encoder"
"""How a result names the text encoder among the parts that were edited."""


class ProbeFacts(FrozenModel):
    """What statistics and pages need to know of one probe."""

    name: str = Field(description="Identifier.")
    version: int = Field(
        1, ge=1, description="Version of what it draws; left out of a file where it is the first."
    )
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
    floor_is_control: bool = Field(
        default_factory=lambda said: said["family"] == "context",
        description="Whether the floor is its control. A file leaves it out where this is so of "
        "`context` probes alone.",
    )
    unoptimised: bool = Field(
        default_factory=lambda said: said["family"] not in ("guidance", "optimised"),
        description="Whether it neither guides nor optimises. A file leaves it out where this is "
        "so of all but `guidance` and `optimised` probes.",
    )
    retention_condition: bool = Field(
        default_factory=lambda said: said["ranked"] and said["family"] in ("context", "trajectory"),
        description="Whether retention is measured under it as well. A file leaves it out where "
        "this is so of the `context` and `trajectory` probes that rank.",
    )
    on_base: str | None = Field(
        default_factory=lambda said: said["control"] if said["of_edited_encoders"] else None,
        description="The probe that it is of the unedited base and of retrain; null where it is "
        "itself. A file leaves it out where it is the control of a probe `of_edited_encoders`.",
    )


def without_defaults(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a probe's facts, without those that follow from the others."""
    least = {name: value for name, value in facts.items() if name not in _LEFT_OUT}
    follows = ProbeFacts.model_validate(least).model_dump(mode="json")
    return {name: value for name, value in facts.items() if name in least or value != follows[name]}


def versions_of(probes: Iterable[ProbeFacts]) -> dict[str, int]:
    """The version of each probe that is not in its first, by name."""
    return {one.name: one.version for one in probes if one.version != 1}


def not_applicable(probes: Iterable[ProbeFacts], edited: Collection[str]) -> frozenset[str]:
    """The probes that cannot be asked of a model, given the parts of it that were edited."""
    if EDITED_ENCODER in edited:
        return frozenset()
    return frozenset(probe.name for probe in probes if probe.of_edited_encoders)
