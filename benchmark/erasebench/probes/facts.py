"""What a result says about the probes it was made with."""

from __future__ import annotations

from collections.abc import Iterable

from erasebench.probes.registry import probes_of
from erasebench.protocol import Protocol
from erasebench.results.facts import ProbeFacts


def facts_of(protocol: Protocol, also: Iterable[str] = ()) -> tuple[ProbeFacts, ...]:
    """The facts of every probe of a protocol, in the order of tables.

    Args:
        protocol: lists them.
        also: see `probes_of`.

    Raises:
        UnknownNameError: see `probes_of`.
    """
    probes = probes_of(protocol, also)
    return tuple(
        ProbeFacts(
            name=name,
            version=probe.version,
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
            ranked=(ranked := name in protocol.ranked_probes),
            floor_is_control=probe.floor_is_control,
            unoptimised=probe.unoptimised,
            on_base=probe.on_base,
            retention_condition=probe.retention_condition and ranked,
        )
        for name, probe in probes.items()
    )
