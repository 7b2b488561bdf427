"""How the concepts that must survive an erasure are asked for."""

from __future__ import annotations

from collections.abc import Iterable

from erasebench.concepts import CONCEPTS, style_of
from erasebench.protocol.definition import Protocol

PLAIN = "standard_prompt"
"""The probe that asks for a retention concept by its own prompt."""

DESCRIBED, PAINTED = "indirect_prompt", "painted_prompt"
"""Probes that ask for it by a description, and in a style."""

OTHER_WORDS = (DESCRIBED, PAINTED)


def retention_questions(
    protocol: Protocol, erased: str, conditions: Iterable[str]
) -> dict[tuple[str, str], tuple[int, ...]]:
    """How often each retention concept is asked for, and by which probe.

    A retention concept is asked for in three ways: by its plain prompt; by other words, if it is
    an object; and, for a few objects, under the conditions of ranked probes, so that a model which
    breaks there does not pass as robust. An erased concept is left out, also as a style.

    Args:
        protocol: names the concepts, and how often each is asked for.
        erased: the concept that was erased; `NOTHING` leaves none out.
        conditions: names of the ranked probes under whose conditions retention is measured.

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
