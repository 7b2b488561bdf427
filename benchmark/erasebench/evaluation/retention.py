"""The pictures that show what is left of the concepts which nobody asked to erase."""

from __future__ import annotations

from erasebench.evaluation.selection import Selection
from erasebench.probes.indirect_prompt import DESCRIPTIONS, IndirectPrompt
from erasebench.probes.noise import Noise
from erasebench.protocol import Protocol
from erasebench.results.trial import Trial
from erasebench.stats.retention import retention_questions

_PLAIN_NOISE_SCALE = 1.0
"""v of the noise probe under which retention is measured: η alone is at work."""


def retention_trials(protocol: Protocol, selection: Selection, erased: str) -> list[Trial]:
    """Every trial that asks what must be left for itself, one picture per question and index.

    Args:
        protocol: sizes and grids.
        selection: limits the prompt indices.
        erased: the concept that was erased, or `NOTHING`.
    """
    allowed = selection.indices(protocol.retention_prompts)
    return [
        Trial(
            erased=erased,
            probe=question.probe,
            target=question.target,
            prompt_index=prompt_index,
            variant=_variant(protocol, question.probe, prompt_index),
        )
        for question, indices in retention_questions(protocol, erased).items()
        for prompt_index in indices
        if prompt_index in allowed
    ]


def _variant(protocol: Protocol, probe: str, prompt_index: int) -> int:
    """Which variant of a probe one prompt index is asked with."""
    if probe == IndirectPrompt.name:
        # One of the descriptions per index: breadth over descriptions costs no more pictures.
        return prompt_index % DESCRIPTIONS
    if probe == Noise.name:
        return Noise().variant_of(protocol, protocol.hard_retention_eta, _PLAIN_NOISE_SCALE)
    return 0
