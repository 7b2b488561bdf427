"""Facts about probes in a result, so that it can be read without the code of the probes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from pydantic import Field

from erasebench.concepts import Kind
from erasebench.frozen_model import FrozenModel
from erasebench.protocol import View

_LEFT_OUT = ("version", "floor_is_control", "unoptimised", "retention_condition", "on_base")
"""Facts that files leave out where they follow from the others.

Files that are older than these facts can therefore be read and written without a change.
"""

EDITED_ENCODER = "text_encoder"
"""Name of the text encoder among the edited parts of a result."""


class ProbeFacts(FrozenModel):
    """Facts about one probe that statistics and pages need."""

    name: str = Field(description="Identifier.")
    version: int = Field(1, ge=1, description="Version of its images; files leave out version 1.")
    family: str = Field(description="Family: text, control, trajectory, context, ...")
    summary: str = Field(description="One sentence for tables.")
    control: str | None = Field(
        description="Probe whose rate `excess` subtracts; null if it has none."
    )
    shown_control: str | None = Field(
        None, description="Another control, whose difference is shown but not scored; often null."
    )
    reference: str | None = Field(
        None,
        description="Probe that gives the unprompted baseline: the same context with the empty "
        "prompt, on the base; null if there is no context.",
    )
    floor: str | None = Field(
        None,
        description="Probe whose rate on the base is the floor if the protocol has no model "
        "trained without its concepts; null if it has one or the floor is 0.",
    )
    asks_for: tuple[Kind, ...] = Field(description="Kinds of concept that the probe supports.")
    view: View = Field(
        description="Part that the judges see: the `whole` image, or a `crop` to the centre square."
    )
    settings: tuple[str, ...] = Field(
        description="Settings to select from, in the order in which ties are broken; one empty "
        "string if variants differ in noise only."
    )
    of_edited_encoders: bool = Field(
        False,
        description="Whether it applies only to models with an edited text encoder.",
    )
    ranked: bool = Field(description="Whether the protocol ranks it.")
    # Files made before the next four facts were stored lack them. Their defaults hold for the
    # families of that time alone: a new family states its facts, and none is added here.
    floor_is_control: bool = Field(
        default_factory=lambda said: said["family"] == "context",
        description="Whether its control is the floor. Left out where it is true for `context` "
        "probes and false for others.",
    )
    unoptimised: bool = Field(
        default_factory=lambda said: said["family"] not in ("guidance", "optimised"),
        description="Whether it works without guidance and optimisation. Left out where it is "
        "false for `guidance` and `optimised` probes and true for others.",
    )
    retention_condition: bool = Field(
        default_factory=lambda said: said["ranked"] and said["family"] in ("context", "trajectory"),
        description="Whether retention is also measured under its conditions. Left out where it is "
        "true for ranked `context` and `trajectory` probes and false for others.",
    )
    on_base: str | None = Field(
        default_factory=lambda said: said["control"] if said["of_edited_encoders"] else None,
        description="Probe that replaces it on the base and on the retrained model; null if none "
        "does. Left out where it is the control of a probe `of_edited_encoders`.",
    )


def without_defaults(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a probe's facts without those that follow from the others."""
    least = {name: value for name, value in facts.items() if name not in _LEFT_OUT}
    follows = ProbeFacts.model_validate(least).model_dump(mode="json")
    return {name: value for name, value in facts.items() if name in least or value != follows[name]}


def versions_of(probes: Iterable[ProbeFacts]) -> dict[str, int]:
    """Versions other than 1, by probe."""
    return {one.name: one.version for one in probes if one.version != 1}


def not_applicable(probes: Iterable[ProbeFacts], edited: Collection[str]) -> frozenset[str]:
    """Probes that do not apply to a model, given its edited parts."""
    if EDITED_ENCODER in edited:
        return frozenset()
    return frozenset(probe.name for probe in probes if probe.of_edited_encoders)
