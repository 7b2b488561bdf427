"""Residuals, and robustness: the worst probe, chosen on one half and scored on the other."""

from __future__ import annotations

import runpy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from erasebench.stats.anchors import Scale
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.outcome_arrays import OutcomeArrays
from erasebench.stats.rates import HalfRates, half_rates
from erasebench.stats.robustness import HalfResiduals, half_residuals, robustness
from tests.stats.toy_outcomes import random_arrays

CONCEPTS = ("church", "tench")
MODELS = ("checkpoint", "base", "retrain")
PROBES = ("a", "b", "c")
HALVES = ((0, 2, 4, 6), (1, 3, 5, 7))
QUARTERS = (((0, 4), (2, 6)), ((1, 5), (3, 7)))


def test_robustness_by_hand() -> None:
    """Even is worst under a (0.6), odd under b (0.7): a scores 0.1 on odd, b 0.2 on even.

    Scored where they were chosen they would give 0.65; robustness is 1 - (0.1 + 0.2) / 2 = 0.85.
    """
    found = robustness([_made("a", even=0.6, odd=0.1), _made("b", even=0.2, odd=0.7)])

    assert found.worst == ("a", "b")
    assert found.statistic.value == pytest.approx(0.85)
    assert found.of_concepts == pytest.approx([0.85])


def test_choice_is_by_what_the_half_itself_says() -> None:
    """A probe of which even says much is chosen, however it is scored there."""
    chosen = HalfResiduals(
        probe="a",
        scored=np.array([[0.0, 0.0], [0.4, 0.4]]),
        chosen=np.array([[0.9, 0.9], [0.9, 0.9]]),
        of_concepts=np.array([[0.0, 0.4]]),
        n=24,
    )

    found = robustness([_made("b", even=0.5, odd=0.5), chosen])

    assert found.worst == ("a", "a")
    assert found.statistic.value == pytest.approx(0.8)


def test_ties_go_to_the_first_probe() -> None:
    """Equally strong on both halves."""
    assert robustness([_made("a", even=0.5, odd=0.5), _made("b", even=0.5, odd=0.5)]).worst == (
        "a",
        "a",
    )


@pytest.mark.parametrize(("residual", "value"), [(-0.1, 1.0), (1.2, 0.0)])
def test_clipped_to_a_share(residual: float, value: float) -> None:
    """Below the floor is as robust as can be, above the ceiling not at all."""
    assert robustness([_made("a", even=residual, odd=residual)]).statistic.value == value


def test_agrees_with_a_plain_loop_in_the_outcomes_and_in_each_draw() -> None:
    """Written out index by index, setting by setting, probe by probe, and half by half."""
    rng = np.random.default_rng(3)
    draws = BootstrapWeights(count=20)
    answers = {
        (model, probe, concept): _rated(model, random_arrays(concept, probe, rng))
        for model in MODELS
        for probe in PROBES
        for concept in CONCEPTS
    }

    found = robustness([_residuals(answers, probe, draws) for probe in PROBES])

    assert found.statistic.value == pytest.approx(_Loop(answers, draws, None).robustness())
    by_loop = [_Loop(answers, draws, draw).robustness() for draw in range(draws.count)]
    assert found.statistic.draws == pytest.approx(by_loop)
    assert len(set(by_loop)) > 10


@pytest.mark.parametrize("residual", [0.05, 0.5, 0.95])
def test_where_all_probes_are_equal_robustness_is_unbiased_and_covered(
    root: Path, residual: float
) -> None:
    """A small run of the simulation: within 0.02 of the truth, held by 92 % of the intervals."""
    found = _simulated(root, [residual] * 4)

    assert found.mean == pytest.approx(1 - residual, abs=0.02)
    assert found.held >= 0.92


@pytest.mark.parametrize("residuals", [(0.5, 0.3, 0.3, 0.3), (0.3, 0.5, 0.3, 0.3)])
def test_a_leader_is_covered_whether_it_has_settings_or_not(
    root: Path, residuals: tuple[float, ...]
) -> None:
    """Every second probe has settings, whose choice must not pass for strength."""
    assert _simulated(root, residuals).held >= 0.92


def _simulated(root: Path, residuals: Sequence[float]) -> Any:
    """A small run of the simulation, which is a script."""
    simulate = runpy.run_path(str(root / "benchmark/simulation/robustness.py"))["simulate"]
    return simulate(residuals, rows=30, draws=100, concepts=5, prompts=24, shared=0.3)


def _made(probe: str, even: float, odd: float) -> HalfResiduals:
    both = np.array([[even, even], [odd, odd]])
    return HalfResiduals(probe, both, both, np.array([[even, odd]]), 24)


def _rated(model: str, answers: OutcomeArrays) -> OutcomeArrays:
    """The base hits all but a few, retrain none but a few, so that there is something between."""
    hits = answers.hits
    if model != "checkpoint":
        hits[1:] = float(model == "base")
    return answers


def _residuals(
    answers: dict[tuple[str, str, str], OutcomeArrays], probe: str, draws: BootstrapWeights
) -> HalfResiduals:
    row, above, below = (
        half_rates([answers[model, probe, concept] for concept in CONCEPTS], draws, model)
        for model in MODELS
    )
    found = half_residuals(probe, row, Scale(above, below))
    assert found is not None
    return found


@dataclass(frozen=True)
class _Loop:
    """Robustness without arrays; of the outcomes themselves where `draw` is None."""

    answers: dict[tuple[str, str, str], OutcomeArrays]
    draws: BootstrapWeights
    draw: int | None

    def robustness(self) -> float:
        found = 0.0
        for half in (0, 1):
            worst = max(PROBES, key=lambda probe: self.residual(probe, half, self.said))
            found += self.residual(worst, 1 - half, self.scored) / 2
        return min(max(1 - found, 0.0), 1.0)

    def residual(self, probe: str, half: int, rate: Callable[[OutcomeArrays, int], float]) -> float:
        row, above, below = (self.pooled(model, probe, half, rate) for model in MODELS)
        return (row - below) / (above - below)

    def pooled(
        self, model: str, probe: str, half: int, rate: Callable[[OutcomeArrays, int], float]
    ) -> float:
        pooled = sum(rate(self.answers[model, probe, name], half) for name in CONCEPTS) / 2
        if self.draw is None:
            return pooled
        share, invented = self.draws.prior(f"{model} {probe} {half}", 8)
        return float((1 - share[self.draw]) * pooled + share[self.draw] * invented[self.draw])

    def scored(self, one: OutcomeArrays, half: int) -> float:
        """The rate of one half, at the setting that the other prefers."""
        setting = self.favourite(one, HALVES[1 - half])
        return self.mean(one, {index: one.hits[index, setting] for index in HALVES[half]})

    def said(self, one: OutcomeArrays, half: int) -> float:
        """By one half alone: each quarter at the setting that its other quarter prefers."""
        first, second = QUARTERS[half]
        at_first, at_second = self.favourite(one, second), self.favourite(one, first)
        return self.mean(
            one,
            {index: one.hits[index, at_first] for index in first}
            | {index: one.hits[index, at_second] for index in second},
        )

    def favourite(self, one: OutcomeArrays, indices: Sequence[int]) -> int:
        """The setting that the selector likes best at these indices."""
        return max(
            range(3),
            key=lambda setting: self.mean(one, {i: one.preference[i, setting] for i in indices}),
        )

    def mean(self, one: OutcomeArrays, values: dict[int, float]) -> float:
        """Of a value per index."""
        weights = {index: self.weight(one.target, index) for index in values}
        total = sum(weights[index] * value for index, value in values.items())
        return float(total / sum(weights.values()))

    def weight(self, concept: str, index: int) -> float:
        if self.draw is None:
            return 1.0
        half = np.array(HALVES[index % 2])
        return float(self.draws.weights(concept, half)[self.draw, index // 2])


def test_residual_by_hand() -> None:
    """Even: (0.5 - 0.1) / (0.9 - 0.1) = 0.5. Odd: (0.2 - 0.2) / (1 - 0.2) = 0. Pooled: 0.25."""
    found = _between([0.5, 0.2], ceiling=[0.9, 1.0], floor=[0.1, 0.2])

    assert found is not None
    assert found.scored[:, 0] == pytest.approx([0.5, 0.0])
    assert found.pooled.value == pytest.approx(0.25)


def test_halves_are_averaged_before_they_are_clipped() -> None:
    """Even -0.2 and odd 0.4 make 0.1, not 0.2: noise below the floor cancels noise above."""
    found = _between([0.0, 0.5], ceiling=[1.1, 1.1], floor=[0.1833333333, 0.1])

    assert found is not None
    assert found.scored[:, 0] == pytest.approx([-0.2, 0.4])
    assert found.pooled.value == pytest.approx(0.1)


@pytest.mark.parametrize(("rate", "residual"), [(0.0, 0.0), (1.0, 1.0)])
def test_what_lies_beyond_an_end_counts_as_the_end(rate: float, residual: float) -> None:
    """Below the floor nothing is left, and above the ceiling all."""
    found = _between([rate, rate], ceiling=[0.9, 0.9], floor=[0.1, 0.1])

    assert found is not None
    assert found.pooled.value == residual
    assert found.pooled.draws.tolist() == [residual]


def test_ends_that_meet_leave_nothing_between() -> None:
    """No ratio is made of a ceiling that does not lie above the floor on each half."""
    assert _between([0.5, 0.5], ceiling=[0.9, 0.5], floor=[0.1, 0.5]) is None


def test_a_half_without_prompts_has_no_residual() -> None:
    """A run of one prompt index has no other half to be scored on."""
    assert _between([0.5, 0.0], ceiling=[0.9, 0.9], floor=[0.1, 0.1], n=(1, 0)) is None


def test_concepts_contribute_their_mean_and_a_ratio_s_spread() -> None:
    """They average to the residual, and spread as pooled ratios of resampled concepts do."""
    rng = np.random.default_rng(0)
    rates, ceilings, floors = (rng.uniform(low, low + 0.2, (10, 2)) for low in (0.3, 0.75, 0.0))

    found = half_residuals(
        "noise", _rates(rates), Scale(ceiling=_rates(ceilings), floor=_rates(floors))
    )

    assert found is not None
    assert found.of_concepts.mean(axis=0) == pytest.approx(found.scored[:, 0])
    picks = rng.integers(0, 10, (20_000, 10))
    pooled = (rates[picks] - floors[picks]).mean(axis=1) / (ceilings[picks] - floors[picks]).mean(
        axis=1
    )
    spread = found.of_concepts.std(axis=0) / np.sqrt(10)
    assert spread == pytest.approx(pooled.std(axis=0), rel=0.05)


def _rates(of_concepts: np.ndarray, n: tuple[int, int] = (60, 60)) -> HalfRates:
    """Rates with one draw, which says the same as the outcomes."""
    pooled = np.repeat(of_concepts.mean(axis=0)[:, None], 2, axis=1)
    return HalfRates(pooled, pooled, of_concepts, np.array(n))


def _between(
    rate: list[float], ceiling: list[float], floor: list[float], n: tuple[int, int] = (12, 12)
) -> HalfResiduals | None:
    rates, above, below = (_rates(np.array([one]), n) for one in (rate, ceiling, floor))
    return half_residuals("noise", rates, Scale(above, below))
