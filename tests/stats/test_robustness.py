"""Robustness: the worst probe, chosen on one half and scored on the other."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

from erasebench.stats.answers import Answers
from erasebench.stats.draws import Draws
from erasebench.stats.rate import half_rates
from erasebench.stats.reference import Scale
from erasebench.stats.residual import HalfResiduals, half_residuals
from erasebench.stats.robustness import robustness
from tests.stats.toy_answers import random_answers

CONCEPTS = ("church", "tench")
MODELS = ("checkpoint", "base", "retrain")


def test_by_hand() -> None:
    """Even is worst under a (0.6), odd under b (0.7): a scores 0.1 on odd, b 0.2 on even.

    Scored where they were chosen they would give 0.65; robustness is 1 - (0.1 + 0.2) / 2 = 0.85.
    """
    found = robustness([_made("a", even=0.6, odd=0.1), _made("b", even=0.2, odd=0.7)])

    assert found.worst == ("a", "b")
    assert found.sampled.value == pytest.approx(0.85)
    assert found.of_concepts == pytest.approx([0.85])


def test_choice_is_by_what_the_half_itself_prefers() -> None:
    """A probe that is strong on even at even's setting is chosen, however it scores there."""
    chosen = HalfResiduals(
        probe="a",
        scored=np.array([[0.0, 0.0], [0.4, 0.4]]),
        chosen=np.array([[0.9, 0.9], [0.9, 0.9]]),
        of_concepts=np.array([[0.0, 0.4]]),
        n=24,
    )

    found = robustness([_made("b", even=0.5, odd=0.5), chosen])

    assert found.worst == ("a", "a")
    assert found.sampled.value == pytest.approx(0.8)


def test_ties_go_to_the_first_probe() -> None:
    """Equally strong on both halves."""
    assert robustness([_made("a", even=0.5, odd=0.5), _made("b", even=0.5, odd=0.5)]).worst == (
        "a",
        "a",
    )


@pytest.mark.parametrize(("residual", "value"), [(-0.1, 1.0), (1.2, 0.0)])
def test_clipped_to_a_share(residual: float, value: float) -> None:
    """Below the floor is as robust as can be, above the ceiling not at all."""
    assert robustness([_made("a", even=residual, odd=residual)]).sampled.value == value


def test_agrees_with_a_plain_loop_in_the_outcomes_and_in_each_draw() -> None:
    """Written out index by index, setting by setting, probe by probe, and half by half."""
    rng = np.random.default_rng(3)
    draws = Draws(count=20)
    answers = {
        (model, probe, concept): _rated(model, random_answers(concept, probe, rng))
        for model in MODELS
        for probe in ("a", "b", "c")
        for concept in CONCEPTS
    }

    found = robustness([_residuals(answers, probe, draws) for probe in ("a", "b", "c")])

    assert found.sampled.value == pytest.approx(_by_loop(answers, draws, None))
    by_loop = [_by_loop(answers, draws, draw) for draw in range(draws.count)]
    assert found.sampled.draws == pytest.approx(by_loop)
    assert len(set(by_loop)) > 10


@pytest.mark.parametrize("residual", [0.05, 0.5, 0.95])
def test_where_all_probes_are_equal_robustness_is_unbiased_and_covered(
    root: Path, residual: float
) -> None:
    """A small run of the simulation: within 0.02 of the truth, held by 92 % of the intervals."""
    simulate = runpy.run_path(str(root / "benchmark/simulation/robustness.py"))["simulate"]

    found = simulate(residual, rows=30, draws=100, probes=4, concepts=5, prompts=24, shared=0.3)

    assert found.mean == pytest.approx(1 - residual, abs=0.02)
    assert found.held >= 0.92


def _made(probe: str, even: float, odd: float) -> HalfResiduals:
    both = np.array([[even, even], [odd, odd]])
    return HalfResiduals(probe, both, both, np.array([[even, odd]]), 24)


def _rated(model: str, answers: Answers) -> Answers:
    """The base hits all but a few, retrain none but a few, so that there is something between."""
    hits = answers.hits
    if model != "checkpoint":
        hits[1:] = float(model == "base")
    return answers


def _residuals(
    answers: dict[tuple[str, str, str], Answers], probe: str, draws: Draws
) -> HalfResiduals:
    row, above, below = (
        half_rates([answers[model, probe, concept] for concept in CONCEPTS], draws, model)
        for model in MODELS
    )
    found = half_residuals(probe, row, Scale(above, below))
    assert found is not None
    return found


def _by_loop(answers: dict[tuple[str, str, str], Answers], draws: Draws, draw: int | None) -> float:
    """Robustness without arrays; of the outcomes themselves where `draw` is None."""

    def weight(concept: str, index: int) -> float:
        if draw is None:
            return 1.0
        return float(draws.weights(concept, np.arange(8))[draw, index])

    def mean(one: Answers, values: np.ndarray, half: int, setting: int) -> float:
        indices = [index for index in range(8) if index % 2 == half]
        weights = [weight(one.target, index) for index in indices]
        total = sum(w * values[i, setting] for w, i in zip(weights, indices, strict=True))
        return float(total / sum(weights))

    def favourite(one: Answers, half: int) -> int:
        return max(range(3), key=lambda setting: mean(one, one.preference, half, setting))

    def pooled(model: str, probe: str, half: int, choosing: int) -> float:
        """The rate on one half at the settings that `choosing` prefers."""
        rates = [
            mean(one, one.hits, half, favourite(one, choosing))
            for one in (answers[model, probe, concept] for concept in CONCEPTS)
        ]
        rate = sum(rates) / len(rates)
        if draw is None:
            return rate
        share, invented = draws.prior(f"{model} {probe} {half}", 8)
        return float((1 - share[draw]) * rate + share[draw] * invented[draw])

    def residual(probe: str, half: int, choosing: int) -> float:
        row, above, below = (pooled(model, probe, half, choosing) for model in MODELS)
        return (row - below) / (above - below)

    found = 0.0
    for half in (0, 1):
        worst = max(("a", "b", "c"), key=lambda probe: residual(probe, half, half))
        found += residual(worst, 1 - half, half) / 2
    return min(max(1 - found, 0.0), 1.0)
