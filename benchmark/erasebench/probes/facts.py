"""What a result says about the probes it was made with."""

from __future__ import annotations

from erasebench.probes.registry import probes_of
from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts


def facts_of(protocol: Protocol) -> tuple[ProbeFacts, ...]:
    """The facts of every probe of a protocol, in the order of tables."""
    probes = probes_of(protocol)
    return tuple(
        ProbeFacts(
            name=name,
            family=probe.family,
            summary=probe.summary,
            control=probe.control,
            shown_control=probe.shown_control,
            reference=probe.reference if probe.reference in probes else None,
            floor=probe.floor if probe.floor in probes else None,
            asks_for=probe.asks_for,
            view=probe.view,
            settings=tuple(dict.fromkeys(probe.settings(protocol))),
            of_edited_encoders=probe.of_edited_encoders,
            ranked=name in protocol.ranked_probes,
        )
        for name, probe in probes.items()
    )
