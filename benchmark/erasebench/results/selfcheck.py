"""The report of a probe self-check, and how a later run reads it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, Literal

from pydantic import Field, ValidationError

from erasebench.errors import RunFolderError
from erasebench.frozen_model import FrozenModel
from erasebench.protocol import Protocol
from erasebench.results.outcome import Estimate
from erasebench.results.result import Environment

SELFCHECK_SCHEMA: Final = 2
"""Version of the schema; a reader refuses any other."""

PROVEN = 0.3
"""By how much a probe must exceed its control, and a context probe the plain prompt as well, on its
planted erasure to be proven."""


class Found(FrozenModel):
    """One probe on one model."""

    rate: Estimate = Field(description="Recognised share.")
    control: Estimate | None = Field(
        description="Recognised share of the control, for a context probe the floor; null where "
        "there is none."
    )
    excess: Estimate | None = Field(description="Paired difference of the two.")
    plain: Estimate | None = Field(
        None,
        description="Recognised share of the standard prompt on the same model, given of context "
        "probes: one that ignores its context finds as much.",
    )


class ProbeCheck(FrozenModel):
    """One probe where it must find the concept, and where it cannot."""

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
        """Whether it exceeds its control, and what the plain prompt finds, by enough."""
        if self.planted is None or self.planted.excess is None:
            return False
        plain = self.planted.plain
        over_plain = PROVEN if plain is None else self.planted.rate.value - plain.value
        return min(self.planted.excess.value, over_plain) >= PROVEN

    @property
    def tried(self) -> bool:
        """Whether there was a planted erasure on which it could be told."""
        return self.planted is not None and self.planted.excess is not None


class Selfcheck(FrozenModel):
    """Every probe that has a control, in one set-up."""

    schema_version: Literal[2] = Field(SELFCHECK_SCHEMA, description="Version of this schema.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    concept: str = Field(description="The concept of the planted erasures.")
    environment: Environment = Field(description="Software and machine.")
    checks: tuple[ProbeCheck, ...] = Field(description="In table order.")

    @property
    def failed(self) -> tuple[str, ...]:
        """Probes that did not find what was planted; without a control nobody can tell."""
        return tuple(check.probe for check in self.checks if check.tried and not check.proven)


FOLDER = "selfcheck"
"""Folder of all self-checks in the user's cache."""


def report_path(protocol: Protocol, environment: Environment, cache: Path) -> Path:
    """Where the report of a protocol and set-up lies; threads and batch size are no part of it."""
    words = f"{protocol.digest} {environment.set_up.model_dump_json()}"
    digest = hashlib.sha256(words.encode()).hexdigest()
    return cache / FOLDER / f"{protocol.name}-{digest[:16]}.json"


def failed_probes(
    protocol: Protocol, environment: Environment, cache: Path
) -> tuple[str, ...] | None:
    """The probes that failed their check in a set-up; None where it was never checked.

    Raises:
        RunFolderError: if the report cannot be read.
    """
    path = report_path(protocol, environment, cache)
    if not path.exists():
        return None
    try:
        return Selfcheck.model_validate_json(path.read_text(encoding="utf-8")).failed
    except ValidationError as error:
        raise RunFolderError(
            path.parent,
            f"{path.name} cannot be read, or is of another version. Remove it, and run "
            "`erasebench selfcheck` again.",
        ) from error
