"""Records as a run would write them, without a run."""

from __future__ import annotations

import random

from erasebench.evaluation.plan.plan import Plan
from erasebench.results.record import Record, Trial


def example_record(trial: Trial, setting: str = "", **facts: object) -> Record:
    """A record in which everything that is not given is unremarkable."""
    plain = {
        "prompt": "a picture of a church",
        "seeds": None,
        "judge_top1": False,
        "judge_top5": False,
        "judge_probability": 0.1,
        "selector_probability": 0.1,
        "clip_score": 20.0,
        "clip_first": False,
        "picture": None,
        "picture_digest": "0" * 64,
    }
    return Record.model_validate({"trial": trial, "setting": setting, **plain, **facts})


def example_records(plan: Plan, seed: int) -> list[Record]:
    """A record for every trial of a plan, with verdicts drawn from a seed."""
    dice = random.Random(seed)
    return [
        example_record(
            trial,
            plan.setting(trial),
            judge_top1=dice.random() < 0.5,
            selector_probability=dice.random(),
        )
        for trial in plan.trials
    ]
