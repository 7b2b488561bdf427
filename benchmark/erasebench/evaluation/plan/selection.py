"""Which part of a protocol's suite is run."""

from __future__ import annotations

from dataclasses import dataclass

from erasebench.errors import RequestError, UnknownNameError
from erasebench.probes.registry import probes_of, registered, unlisted
from erasebench.protocol import Protocol

RETENTION = "retention"
"""Stands among the names of probes for asking the other concepts."""


TRACING = "tracing"
"""Stands among them for following each erased concept on the way from the base's weights."""


@dataclass(frozen=True)
class Selection:
    """Which part of the suite is run; made by `select`, which checks it.

    Attributes:
        concepts: erased concepts.
        probes: probes on the erased concepts, in the order of tables.
        retention: whether the other concepts are asked for as well.
        tracing: whether the way from the base is traced, which no score needs.
        named: whether probes were named; all of them are run where none was.
        limit: prompt indices per concept and probe; None for all of the protocol's.
    """

    concepts: tuple[str, ...]
    probes: tuple[str, ...]
    retention: bool
    tracing: bool
    named: bool
    limit: int | None

    def indices(self, prompts: int) -> range:
        """The prompt indices that are run out of those there are."""
        return range(prompts if self.limit is None else min(self.limit, prompts))

    def missing(self, protocol: Protocol) -> str | None:
        """Why this is no full evaluation; None where it is.

        A choice of probes is one, even of all: protocols gain probes, and a command that names
        them must not begin to mean less.
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
        """The erased concepts of which a latent classifier is used."""
        probes = [registered(protocol)[name] for name in self.probes]
        kinds = {kind for probe in probes if probe.guided for kind in probe.asks_for}
        return tuple(name for name in self.concepts if protocol.concept(name).kind in kinds)

    @property
    def names(self) -> tuple[str, ...]:
        """Every part that is run, as `select` takes it."""
        parts = ((RETENTION, self.retention), (TRACING, self.tracing))
        return (*self.probes, *(name for name, asked in parts if asked))


def suite_of(protocol: Protocol) -> tuple[str, ...]:
    """The probes that an erased concept is asked for with."""
    return tuple(name for name, probe in probes_of(protocol).items() if probe.erased_asked)


def select(
    protocol: Protocol,
    concepts: tuple[str, ...],
    probes: tuple[str, ...] = (),
    limit: int | None = None,
) -> Selection:
    """The part of the suite that these names stand for.

    Args:
        protocol: whose suite.
        concepts: erased concepts; naming one twice is naming it once.
        probes: names out of `suite_of`, `retention` and `tracing`; none stands for all of them.
            A probe that the protocol does not list may be named as well.
        limit: prompt indices per concept and probe, at least 1; None for the protocol's.

    Raises:
        UnknownNameError: if a concept or probe is none of the protocol's; suggests the nearest.
        RequestError: if only tracing is asked for.
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
            "tracing alone is what `erasebench trace` does: name a probe beside it, or use that."
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
