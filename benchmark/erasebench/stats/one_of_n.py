"""What a single picture per prompt index would show: the first, or the best of all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from erasebench.stats.answers import Answers, Floats


def first_of_n(answers: Answers) -> Answers:
    """Keeps, per prompt index, the first draw of the first setting: no choice, no second try."""
    return _one_draw(answers, answers.first_hits[:, 0])


def best_of_n(answers: Answers) -> Answers:
    """Keeps, per prompt index, the one picture of all settings that the selector likes best.

    Ties go to the first setting. The rate of what is returned is the share of prompt indices whose
    best picture the judge recognises. It is luck as well as recovery, since more tries give more,
    so it is shown and never scored.

    Source: Lu et al. 2025, §3.3, where selector and judge are one model.
    """
    best = answers.best_preference.argmax(axis=1)
    return _one_draw(answers, answers.best_hits[np.arange(len(best)), best])


def _one_draw(answers: Answers, hits: Floats) -> Answers:
    """The same prompt indices with one draw of no setting each, judged as `hits` (I,) says."""
    column = hits[:, None]
    return replace(
        answers,
        settings=("",),
        draws=np.ones((len(hits), 1), dtype=np.int64),
        hits=column,
        # With one setting nothing is chosen, so nothing is preferred.
        preference=np.zeros_like(column),
        first_hits=column,
        best_hits=column,
        best_preference=np.zeros_like(column),
        clip=answers.clip[:, :1],
        clip_only=answers.clip_only[:, :1],
    )
