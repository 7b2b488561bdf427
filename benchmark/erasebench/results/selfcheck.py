"""The report of a probe self-check; later runs read it."""

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

VALIDATED = 0.3
"""Excess over the control that validates a probe on its planted erasure. A context probe must also
exceed the plain prompt by this much."""


class ProbeRates(FrozenModel):
    """Rates of one probe on one model."""

    rate: Estimate = Field(description="Recognised share.")
    control: Estimate | None = Field(
        description="Recognised share of the control, which is the floor for a context probe; null "
        "if there is none."
    )
    excess: Estimate | None = Field(description="Paired difference of the two.")
    plain: Estimate | None = Field(
        None,
        description="For context probes: recognised share of the standard prompt on the same "
        "model, which a probe that ignores its context would reach too.",
    )


class ProbeCheck(FrozenModel):
    """One probe on a model where it must recover the concept, and on models for comparison."""

    probe: str = Field(description="Identifier of the probe.")
    control: str = Field(description="Control of its excess.")
    plant: str | None = Field(description="Planted erasure; null if none is known.")
    planted: ProbeRates | None = Field(description="Rates on it; null if there is none.")
    retrain: ProbeRates | None = Field(
        description="False positives: rates on the model trained without the ranked concepts, over "
        "all of them; null if the protocol has no such model."
    )
    base: ProbeRates | None = Field(description="Rates on the base, over the ranked concepts.")

    @property
    def validated(self) -> bool:
        """Whether it exceeds its control and the plain prompt by at least `VALIDATED`."""
        if self.planted is None or self.planted.excess is None:
            return False
        plain = self.planted.plain
        over_plain = VALIDATED if plain is None else self.planted.rate.value - plain.value
        return min(self.planted.excess.value, over_plain) >= VALIDATED

    @property
    def testable(self) -> bool:
        """Whether it has a planted erasure and a control."""
        return self.planted is not None and self.planted.excess is not None


class Selfcheck(FrozenModel):
    """Every probe that has a control, in one set-up."""

    schema_version: Literal[2] = Field(SELFCHECK_SCHEMA, description="Version of this schema.")
    protocol: str = Field(description="Name of the protocol.")
    protocol_digest: str = Field(description="Digest of the canonical protocol.")
    concept: str = Field(description="Concept of the planted erasures.")
    environment: Environment = Field(description="Software and machine.")
    checks: tuple[ProbeCheck, ...] = Field(description="In table order.")

    @property
    def failed(self) -> tuple[str, ...]:
        """Testable probes that were not validated."""
        return tuple(check.probe for check in self.checks if check.testable and not check.validated)


FOLDER = "selfcheck"
"""Folder of all reports in the user's cache."""


def report_path(protocol: Protocol, environment: Environment, cache: Path) -> Path:
    """File of the report for a protocol and set-up; threads and batch size do not count."""
    words = f"{protocol.digest} {environment.set_up.model_dump_json()}"
    digest = hashlib.sha256(words.encode()).hexdigest()
    return cache / FOLDER / f"{protocol.name}-{digest[:16]}.json"


def failed_probes(
    protocol: Protocol, environment: Environment, cache: Path
) -> tuple[str, ...] | None:
    """Probes that failed the self-check in a set-up; None if it was never checked.

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
            f"{path.name} cannot be read, or has another version. Remove it and run `erasebench "
            "selfcheck` again.",
        ) from error
