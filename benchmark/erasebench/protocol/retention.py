"""The prompts that measure retention."""

from __future__ import annotations

from collections.abc import Iterable

from erasebench.concepts import CONCEPTS, style_of
from erasebench.protocol.definition import Protocol

PLAIN = "standard_prompt"
"""Probe for the concept's own prompt."""

DESCRIBED, PAINTED = "indirect_prompt", "painted_prompt"
"""Probes for descriptions and for paintings in a style."""

OTHER_WORDS = (DESCRIBED, PAINTED)


def retention_questions(
    protocol: Protocol, erased: str, conditions: Iterable[str]
) -> dict[tuple[str, str], tuple[int, ...]]:
    """Prompt indices of each retention concept and probe.

    Retention concepts are generated with the plain prompt; objects also with other words; a few
    objects also under the conditions of ranked probes, so that a model that breaks there does not
    pass as robust. The erased concept is left out, also as a style.

    Args:
        protocol: gives the concepts and the number of prompt indices.
        erased: the erased concept; `NOTHING` leaves none out.
        conditions: ranked probes under whose conditions retention is measured.

    Returns:
        The prompt indices, by (retention concept, probe).
    """
    every = tuple(range(protocol.retention_prompts))
    painted = tuple(index for index in every if style_of(index).name != erased)
    questions = {}
    for target in protocol.retention:
        if target == erased:
            continue
        questions[target, PLAIN] = every
        if CONCEPTS[target].kind == "object":
            questions[target, DESCRIBED] = every
            questions[target, PAINTED] = painted
        if target in protocol.hard_retention:
            questions |= {(target, probe): every for probe in conditions}
    return questions
