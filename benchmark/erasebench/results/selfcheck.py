"""What a set-up's probes found where there is something to find, and where there is nothing."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from erasebench.results.outcome import Estimate
from erasebench.results.result import Environment

SELFCHECK_SCHEMA: Final = 1
"""Version of the schema; a reader refuses any other."""

PROVEN = 0.3
"""The least excess on its planted erasure with which a probe is proven."""


class Found(BaseModel):
    """One probe on one model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: Estimate = Field(description="Recognised share.")
    control: Estimate | None = Field(
        description="Recognised share of the control, for a context probe the floor; null where "
        "there is none."
    )
    excess: Estimate | None = Field(description="Paired difference of the two.")


class ProbeCheck(BaseModel):
    """One probe where it must find the concept, and where it cannot."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    probe: str = Field(description="Identifier of the probe.")
    control: str = Field(description="What its excess is measured against.")
    plant: str | None = Field(description="The planted erasure; null where nobody knows one.")
    planted: Found | None = Field(description="On it; null where there is none.")
    retrain: Found | None = Field(
        description="On the model that never knew the ranked concepts, over all of them: what the "
        "probe invents; null where the protocol has no such model."
    )
    base: Found | None = Field(description="On the unedited base, over the ranked concepts.")

    @property
    def proven(self) -> bool:
        """Whether it exceeds its control on the planted erasure by enough."""
        excess = None if self.planted is None else self.planted.excess
        return excess is not None and excess.value >= PROVEN


class Selfcheck(BaseModel):
    """Every probe that has a control, in one set-up."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = Field(SELFCHECK_SCHEMA, description="Version of this schema.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    concept: str = Field(description="The concept of the planted erasures.")
    environment: Environment = Field(description="Software and machine.")
    checks: tuple[ProbeCheck, ...] = Field(description="In table order.")

    @property
    def failed(self) -> tuple[str, ...]:
        """Probes that did not find what was planted; without a control nobody can tell."""
        return tuple(
            check.probe
            for check in self.checks
            if check.planted is not None and check.planted.excess is not None and not check.proven
        )
