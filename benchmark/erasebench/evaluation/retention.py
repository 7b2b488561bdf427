"""The pictures that show what is left of the concepts which nobody asked to erase."""

from __future__ import annotations

from erasebench.evaluation.selection import Selection
from erasebench.probes.registry import probes_of
from erasebench.protocol import Protocol
from erasebench.protocol.retention import retention_questions
from erasebench.results.trial import Trial


def retention_trials(protocol: Protocol, selection: Selection, erased: str) -> list[Trial]:
    """Every trial that asks what must be left for itself, one picture per question and index.

    Args:
        protocol: sizes and grids.
        selection: limits the prompt indices.
        erased: the concept that was erased, or `NOTHING`.
    """
    allowed, probes = selection.indices(protocol.retention_prompts), probes_of(protocol)
    conditions = [name for name in protocol.ranked_probes if probes[name].retention_condition]
    return [
        Trial(
            erased=erased,
            probe=probe,
            target=target,
            prompt_index=prompt_index,
            variant=probes[probe].retention_variant(protocol, prompt_index),
        )
        for (target, probe), indices in retention_questions(protocol, erased, conditions).items()
        for prompt_index in indices
        if prompt_index in allowed
    ]
