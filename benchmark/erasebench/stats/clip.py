"""Mean CLIP score: how well pictures fit their prompts, where no judge answers or beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from erasebench.stats.answers import Answers
from erasebench.stats.draws import Draws
from erasebench.stats.sampled import Sampled


def clip_score(group: Sequence[Answers], draws: Draws) -> Sampled:
    """Mean CLIP score of one probe's pictures, over one concept or pooled over several.

    Settings and prompt indices are averaged; concepts weigh the same. No half hits are added,
    since scores that differ have an interval of their own.

    Args:
        group: answers to one probe, one per concept; at least one.
        draws: shared by every statistic that is to be compared.
    """
    values, weighted = [], []
    for answers in group:
        scores = answers.clip.mean(axis=1)
        weights = draws.weights(answers.target, answers.indices)
        values.append(scores.mean())
        weighted.append(weights @ scores / weights.sum(axis=1))
    n = len({(answers.target, int(index)) for answers in group for index in answers.indices})
    return Sampled(float(np.mean(values)), np.mean(weighted, axis=0), n)
