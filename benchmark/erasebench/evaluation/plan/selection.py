"""Selects the part of a protocol's suite to run."""

from __future__ import annotations

from dataclasses import dataclass

from erasebench.errors import RequestError, UnknownNameError
from erasebench.probes.registry import probes_of, registered, unlisted
from erasebench.protocol import Protocol

RETENTION = "retention"
"""Selects the images of other concepts; used like a probe's name."""

TRACING = "tracing"
"""Selects a trace of each erased concept from the base; used like a probe's name."""


@dataclass(frozen=True)
class Selection:
    """A part of the suite; made by `select`, which checks it.

    Attributes:
        concepts: erased concepts.
        probes: probes on the erased concepts, in the order of tables.
        retention: whether other concepts are generated, too.
        tracing: whether to trace from the base; no score needs it.
        named: whether the user named probes; without names, all are run.
        limit: prompt indices per concept and probe; None for all of the protocol's.
    """

    concepts: tuple[str, ...]
    probes: tuple[str, ...]
    retention: bool
    tracing: bool
    named: bool
    limit: int | None

    def indices(self, prompts: int) -> range:
        """The prompt indices to run, of so many."""
        return range(prompts if self.limit is None else min(self.limit, prompts))

    def missing(self, protocol: Protocol) -> str | None:
        """Why this is a partial evaluation; None if it is full.

        Naming all probes is partial as well: protocols gain probes, and the same command would
        then run fewer than all.
        """
        suite = suite_of(protocol)
        other = [name for name in self.probes if name not in suite]
        parts = []
        if self.indices(protocol.prompts) != range(protocol.prompts):
            parts.append(f"limit {self.limit}")
        if self.named:
            parts.append(f"probes named: {len(self.probes) - len(other)} of {len(suite)}")
        if other:
            parts.append(f"unlisted probes: {', '.join(other)}")
        if not self.retention:
            parts.append("no retention")
        return "; ".join(parts) or None

    def guided(self, protocol: Protocol) -> tuple[str, ...]:
        """The erased concepts that need a latent classifier."""
        probes = [registered(protocol)[name] for name in self.probes]
        kinds = {kind for probe in probes if probe.guided for kind in probe.asks_for}
        return tuple(name for name in self.concepts if protocol.concept(name).kind in kinds)

    @property
    def names(self) -> tuple[str, ...]:
        """The selected names, as `select` takes them."""
        parts = ((RETENTION, self.retention), (TRACING, self.tracing))
        return (*self.probes, *(name for name, chosen in parts if chosen))


def suite_of(protocol: Protocol) -> tuple[str, ...]:
    """The protocol's probes on an erased concept."""
    return tuple(name for name, probe in probes_of(protocol).items() if probe.erased_asked)


def select(
    protocol: Protocol,
    concepts: tuple[str, ...],
    probes: tuple[str, ...] = (),
    limit: int | None = None,
) -> Selection:
    """Selects the part of the suite with these names.

    Args:
        protocol: the protocol.
        concepts: erased concepts; duplicates are ignored.
        probes: of `suite_of`, `retention` and `tracing`; empty for all of them. Probes that the
            protocol does not list are allowed, too.
        limit: prompt indices per concept and probe, at least 1; None for the protocol's.

    Raises:
        UnknownNameError: if a concept or probe is unknown; suggests the nearest.
        RequestError: if only tracing is selected.
    """
    suite = suite_of(protocol)
    whole = (*suite, RETENTION, TRACING)
    allowed = (*whole, *unlisted(protocol))
    for concept in concepts:
        protocol.concept(concept)
    for name in probes:
        if name not in allowed:
            raise UnknownNameError("probe", name, allowed)
    if set(probes) == {TRACING}:
        raise RequestError(
            "No probe is selected besides tracing. Name one, or use `erasebench trace`."
        )
    named = probes or whole
    return Selection(
        concepts=tuple(dict.fromkeys(concepts)),
        probes=tuple(name for name in registered(protocol) if name in named),
        retention=RETENTION in named,
        tracing=TRACING in named,
        named=bool(probes),
        limit=limit,
    )
