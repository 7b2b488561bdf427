"""Bias of robustness and coverage of its interval, by simulation.

    OMP_NUM_THREADS=1 .venv/bin/python benchmark/simulation/robustness.py

The probes of simulated entries have known residuals, and the true robustness is 1 minus the
largest. If all are equal, any choice of the worst is right, and scoring it on the same half would
be biased downwards. If one leads, choosing another biases robustness upwards. The residual of each
single probe is checked as well.

Base, retrained model and entry are simulated anew for each, so that floors and ceilings are as
uncertain as in a real table. Half of the probes have settings, which differ for the selector only
by chance.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from tabulate import tabulate

from erasebench.results.outcome import Estimate
from erasebench.stats.anchors import Scale
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.outcome_arrays import Floats, OutcomeArrays
from erasebench.stats.rates import half_rates
from erasebench.stats.robustness import HalfResiduals, half_residuals, robustness

EQUAL = (0.05, 0.5, 0.95)
"""Residual of entries whose probes are all equal."""

LEADER, OTHERS = 0.5, 0.3
"""Residuals of entries in which one probe leads."""

CEILING, FLOOR = 0.9, 0.05
SETTINGS = 12
SEED = 1


class Simulated(NamedTuple):
    """Result of many entries with the same true residuals."""

    mean: float
    """Mean robustness."""
    spread: float
    """Its standard deviation."""
    held: float
    """Coverage of its intervals."""
    width: float
    """Mean width of its intervals."""
    plain_held: float
    """Coverage of single probes without settings."""
    settings_held: float
    """Coverage of single probes with settings."""


def simulate(
    residuals: Sequence[float],
    *,
    rows: int,
    draws: int,
    concepts: int,
    prompts: int,
    shared: float,
) -> Simulated:
    """Robustness of entries whose probes have these residuals.

    Args:
        residuals: true residuals of at least two probes; every second probe has settings.
        rows: number of simulated entries.
        draws: bootstrap draws per entry.
        concepts: erased concepts.
        prompts: prompt indices per concept.
        shared: 0 to 1, how much prompt index has in common in all probes and models.
    """
    rng = np.random.default_rng([SEED, *(round(1000 * residual) for residual in residuals)])
    values, held, widths = [], [], []
    probe_held: tuple[list[bool], list[bool]] = ([], [])
    for number in range(rows):
        luck = rng.standard_normal((concepts, prompts))
        seeded = BootstrapWeights(draws, seed=number)
        found = [
            _residuals(
                f"probe {probe}",
                {
                    "checkpoint": FLOOR + residual * (CEILING - FLOOR),
                    "base": CEILING,
                    "retrain": FLOOR,
                },
                luck,
                shared,
                SETTINGS if probe % 2 else 1,
                seeded,
                rng,
            )
            for probe, residual in enumerate(residuals)
        ]
        estimate = robustness(found).statistic.estimate
        values.append(estimate.value)
        held.append(_holds(estimate, 1 - max(residuals)))
        widths.append(estimate.high - estimate.low)
        for probe, (one, residual) in enumerate(zip(found, residuals, strict=True)):
            probe_held[probe % 2].append(_holds(one.pooled.estimate, residual))
    return Simulated(
        mean=float(np.mean(values)),
        spread=float(np.std(values)),
        held=float(np.mean(held)),
        width=float(np.mean(widths)),
        plain_held=float(np.mean(probe_held[0])),
        settings_held=float(np.mean(probe_held[1])),
    )


def _holds(estimate: Estimate, truth: float) -> bool:
    return estimate.low <= truth <= estimate.high


def _residuals(
    probe: str,
    rates: dict[str, float],
    luck: Floats,
    shared: float,
    settings: int,
    draws: BootstrapWeights,
    rng: np.random.Generator,
) -> HalfResiduals:
    row, above, below = (
        half_rates(
            [
                _answers(f"concept {number}", probe, rate, of_concept, shared, settings, rng)
                for number, of_concept in enumerate(luck)
            ],
            draws,
            name,
        )
        for name, rate in rates.items()
    )
    found = half_residuals(probe, row, Scale(above, below))
    assert found is not None
    return found


def _answers(
    concept: str,
    probe: str,
    rate: float,
    luck: Floats,
    shared: float,
    settings: int,
    rng: np.random.Generator,
) -> OutcomeArrays:
    """Outcomes with a hit rate; the selector's probability is the judge's result plus noise."""
    own = rng.standard_normal((len(luck), settings))
    score = np.sqrt(shared) * luck[:, None] + np.sqrt(1 - shared) * own
    hits = (score < _quantile(rate)).astype(float)
    preference = np.clip(0.2 + 0.6 * hits + 0.1 * rng.standard_normal(hits.shape), 0.0, 1.0)
    return OutcomeArrays(
        target=concept,
        probe=probe,
        indices=np.arange(len(luck)),
        settings=tuple(f"{number:02}" for number in range(settings)),
        draws=np.ones(hits.shape, dtype=np.int64),
        hits=hits,
        preference=preference,
        first_hits=hits,
        best_hits=hits,
        best_preference=preference,
        clip=np.zeros_like(hits),
        clip_only=np.zeros_like(hits),
    )


def _quantile(share: float) -> float:
    """Quantile of the standard normal."""
    return NormalDist().inv_cdf(share)


def main() -> None:
    """Simulates each kind of entry and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--probes", type=int, default=10)
    parser.add_argument("--concepts", type=int, default=5)
    parser.add_argument("--prompts", type=int, default=24)
    parser.add_argument("--shared", type=float, default=0.3)
    given = vars(parser.parse_args())
    others = [OTHERS] * (given.pop("probes") - 1)
    kinds = {
        **{f"all at {residual}": [residual] * (1 + len(others)) for residual in EQUAL},
        f"one at {LEADER}, without settings": [LEADER, *others],
        f"one at {LEADER}, with settings": [others[0], LEADER, *others[1:]],
    }
    table = []
    for kind, residuals in kinds.items():
        found = simulate(residuals, **given)
        truth = 1 - max(residuals)
        table.append([kind, truth, found.mean - truth, *found])
    heads = [f"others at {OTHERS}", "truth", "bias", *Simulated._fields]
    print(tabulate(table, heads, floatfmt=".3f"))


if __name__ == "__main__":
    main()
