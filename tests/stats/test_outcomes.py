"""Outcomes, counted by hand."""

from __future__ import annotations

from erasebench.evaluation.plan.plan import submission_plan
from erasebench.evaluation.plan.selection import select
from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.outcome import Outcome
from erasebench.results.record import Record, Trial
from erasebench.stats.outcomes import outcomes_of
from tests.evaluation.example_records import example_record, example_records


def draw(variant: int, setting: str = "", **facts: object) -> Record:
    """One draw of one prompt index."""
    trial = Trial(
        erased="church", probe="stochastic", target="church", prompt_index=5, variant=variant
    )
    return example_record(trial, setting, **facts)


def test_draws_of_one_setting_are_one_outcome() -> None:
    """Three draws: two hits, the selector's favourite missed, one seen by CLIP alone."""
    (outcome,) = outcomes_of(
        [
            draw(0, judge_top1=True, selector_probability=0.5, clip_score=20.0, clip_first=True),
            draw(1, judge_top1=False, selector_probability=0.75, clip_score=26.0, clip_first=True),
            draw(2, judge_top1=True, selector_probability=0.25, clip_score=29.0),
        ]
    )

    assert outcome == Outcome(
        erased="church",
        target="church",
        probe="stochastic",
        prompt_index=5,
        setting="",
        draws=3,
        judge_hits=2,
        selector_mean=0.5,
        first_hit=True,
        best_hit=False,
        best_probability=0.75,
        clip_only=1,
        clip_mean=25.0,
    )


def test_settings_are_outcomes_of_their_own_in_their_order() -> None:
    """Which setting counts is chosen later, so none may be pooled here."""
    outcomes = outcomes_of([draw(0, "eta=1.00"), draw(1, "eta=1.20"), draw(2, "eta=1.40")])

    assert [outcome.setting for outcome in outcomes] == ["eta=1.00", "eta=1.20", "eta=1.40"]
    assert {outcome.draws for outcome in outcomes} == {1}


def test_ties_of_the_selector_go_to_the_lowest_variant() -> None:
    """So that rounding alone never decides which picture counts."""
    (outcome,) = outcomes_of(
        [
            draw(0, selector_probability=0.5, judge_top1=True),
            draw(1, selector_probability=0.5, judge_top1=False),
        ]
    )

    assert outcome.best_hit


def test_every_picture_is_counted_once() -> None:
    """Over a whole plan, draws and hits add up to those of the records."""
    plan = submission_plan(
        PICTOGRAM_V1, select(PICTOGRAM_V1, ("church", "airliner"), limit=3), encoder_edited=False
    )
    records = example_records(plan, seed=11)
    outcomes = outcomes_of(records)

    assert sum(outcome.draws for outcome in outcomes) == len(records)
    assert sum(o.judge_hits for o in outcomes) == sum(r.judge_top1 for r in records)


def test_what_was_not_drawn_has_no_outcome() -> None:
    """Missing is missing, not zero."""
    plan = submission_plan(
        PICTOGRAM_V1, select(PICTOGRAM_V1, ("church",), ("noise",), limit=1), encoder_edited=False
    )
    probes = {outcome.probe for outcome in outcomes_of(example_records(plan, seed=1))}

    assert probes == {"noise"}
