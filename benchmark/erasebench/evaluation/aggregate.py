"""From records to outcomes: what every statistic needs, and no more."""

from __future__ import annotations

from collections.abc import Iterable

from erasebench.results.outcome import Outcome
from erasebench.results.trial import Record


def outcomes_of(records: Iterable[Record]) -> tuple[Outcome, ...]:
    """Condenses records to one outcome per prompt index and setting.

    Args:
        records: with the variants of a prompt index in order, since ties go to the lowest.

    Returns:
        One outcome per (erased concept, target, probe, prompt index, setting), in the order of
        first appearance.
    """
    draws: dict[tuple[str, str, str, int, str], list[Record]] = {}
    for record in records:
        trial = record.trial
        key = (trial.erased, trial.target, trial.probe, trial.prompt_index, record.setting)
        draws.setdefault(key, []).append(record)
    return tuple(_outcome(drawn) for drawn in draws.values())


def _outcome(drawn: list[Record]) -> Outcome:
    trial = drawn[0].trial
    # Of equal maxima `max` gives the first.
    best = max(drawn, key=lambda record: record.selector_probability)
    return Outcome(
        erased=trial.erased,
        target=trial.target,
        probe=trial.probe,
        prompt_index=trial.prompt_index,
        setting=drawn[0].setting,
        draws=len(drawn),
        judge_hits=sum(record.judge_top1 for record in drawn),
        selector_mean=sum(record.selector_probability for record in drawn) / len(drawn),
        first_hit=drawn[0].judge_top1,
        best_hit=best.judge_top1,
        best_probability=best.selector_probability,
        clip_only=sum(record.clip_first and not record.judge_top1 for record in drawn),
        clip_mean=sum(record.clip_score for record in drawn) / len(drawn),
    )
