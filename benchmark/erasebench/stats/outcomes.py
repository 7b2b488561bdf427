"""Condense records, one per image, to outcomes, one per prompt index and setting."""

from __future__ import annotations

from collections.abc import Iterable

from erasebench.results.outcome import Outcome, OutcomeKey
from erasebench.results.record import Record


def outcomes_of(records: Iterable[Record]) -> tuple[Outcome, ...]:
    """Condenses the records of each (erased, target, probe, prompt index, setting) to an outcome.

    Args:
        records: with the variants of a prompt index in ascending order, since ties in the
            selector's probability go to the lowest.

    Returns:
        One outcome per key, in the order of first appearance.
    """
    by_key: dict[OutcomeKey, list[Record]] = {}
    for record in records:
        trial = record.trial
        key = (trial.erased, trial.target, trial.probe, trial.prompt_index, record.setting)
        by_key.setdefault(key, []).append(record)
    return tuple(_outcome(key, drawn) for key, drawn in by_key.items())


def _outcome(key: OutcomeKey, drawn: list[Record]) -> Outcome:
    erased, target, probe, prompt_index, setting = key
    # Of equal maxima `max` gives the first.
    best = max(drawn, key=lambda record: record.selector_probability)
    return Outcome(
        erased=erased,
        target=target,
        probe=probe,
        prompt_index=prompt_index,
        setting=setting,
        draws=len(drawn),
        judge_hits=sum(record.judge_top1 for record in drawn),
        selector_mean=sum(record.selector_probability for record in drawn) / len(drawn),
        first_hit=drawn[0].judge_top1,
        best_hit=best.judge_top1,
        best_probability=best.selector_probability,
        clip_only=sum(record.clip_first and not record.judge_top1 for record in drawn),
        clip_mean=sum(record.clip_score for record in drawn) / len(drawn),
    )
