"""Rates of a probe, and mean CLIP scores."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from scipy import stats

from erasebench.results.outcome import Outcome
from erasebench.stats.bootstrap import NO_DRAWS, BootstrapWeights
from erasebench.stats.outcome_arrays import OutcomeArrays, outcome_arrays
from erasebench.stats.rates import (
    best_of_n,
    clip_score,
    first_of_n,
    half_means,
    half_rates,
    preferred_settings,
    rate,
)
from tests.stats.toy_outcomes import PROBES, outcome, plain, random_arrays

DRAWS = BootstrapWeights(count=20_000)


def test_plain_rate_is_the_mean_over_prompt_indices() -> None:
    """Three of five, though the halves hold three and two."""
    assert rate([_one(plain([1, 0, 1, 0, 1]))], DRAWS, "row").value == pytest.approx(0.6)


def test_draws_of_one_setting_are_averaged_within_the_index() -> None:
    """Three of four pictures at one index and one of four at the other make a half."""
    outcomes = [
        outcome(0, 3, probe="resampling", draws=4),
        outcome(1, 1, probe="resampling", draws=4),
    ]

    found = rate([_one(outcomes)], DRAWS, "row")

    assert found.value == pytest.approx(0.5)
    assert found.n == 2


def test_the_even_half_comes_first() -> None:
    """Indices 0 and 2 are hit, index 1 is not."""
    found = half_rates([_one(plain([1, 0, 1]))], DRAWS, "row")

    assert found.scored[:, 0].tolist() == [1.0, 0.0]
    assert found.n.tolist() == [2, 1]


def test_what_is_computed_once_is_what_equal_arrays_give() -> None:
    """Means are kept with the arrays, for one number of draws; other arrays have their own."""
    found, equal = _one(_two_settings()), _one(_two_settings())

    assert half_means(found, DRAWS) is half_means(found, DRAWS)
    assert half_means(found, DRAWS) is not half_means(equal, DRAWS)
    assert np.array_equal(half_means(found, DRAWS).means, half_means(equal, DRAWS).means)
    assert half_means(found, NO_DRAWS).means.shape == (2, 1)


def test_setting_is_chosen_on_one_half_and_scored_on_the_other() -> None:
    """By hand: even prefers strong (0.9), odd prefers weak (0.8).

    So the even half is scored at weak (1 and 0 hits: 0.5) and the odd at strong (0 and 0): 0.25.
    Chosen on itself, each half would have had 1.
    """
    found = _one(_two_settings())

    assert preferred_settings(found, DRAWS) == ("strong", "weak")
    assert rate([found], DRAWS, "row").value == pytest.approx(0.25)


def test_equal_settings_tie_to_the_first() -> None:
    """Where the selector sees no difference, the probe's first setting counts."""
    outcomes = [
        outcome(index, hits, probe="noise", setting=setting, selector=0.1 * (index + 1))
        for index in range(7)
        for setting, hits in (("weak", 0), ("strong", 1))
    ]
    found = _one(outcomes)

    assert preferred_settings(found, DRAWS) == ("weak", "weak")
    assert rate([found], DRAWS, "row").value == 0


def test_a_single_index_is_scored_at_the_first_setting() -> None:
    """With an empty other half nothing speaks for any setting, so they tie."""
    outcomes = [
        outcome(0, 0, probe="noise", setting="weak", selector=0.1),
        outcome(0, 1, probe="noise", setting="strong", selector=0.9),
    ]

    assert rate([_one(outcomes)], DRAWS, "row").value == 0


def test_nothing_to_choose_means_no_settings() -> None:
    """Mere redraws have no setting to name."""
    assert preferred_settings(_one(plain([1, 0])), DRAWS) == ()


@pytest.mark.parametrize("hits", [0, 12])
def test_draws_of_none_and_of_all_have_the_jeffreys_posterior(hits: int) -> None:
    """One picture per index of one half: the draws are Beta(h + 1/2, n - h + 1/2)."""
    outcomes = [outcome(2 * index, int(index < hits)) for index in range(12)]

    found = rate([_one(outcomes)], DRAWS, "row")

    exact = stats.beta(hits + 0.5, 12 - hits + 0.5)
    assert stats.kstest(found.draws, exact.cdf).pvalue > 0.001


def test_draws_of_two_halves_have_the_moments_of_their_mean() -> None:
    """Halves are drawn apart: means average, and a quarter of each variance adds."""
    hits = [1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 0, 0]  # even half: 4 of 6, odd half: 1 of 6
    found = rate([_one(plain(hits))], DRAWS, "row")

    even, odd = _moments(4, 6), _moments(1, 6)
    deviation = np.sqrt((even.variance + odd.variance) / 4)
    noise = deviation / np.sqrt(DRAWS.count)
    assert found.draws.mean() == pytest.approx((even.mean + odd.mean) / 2, abs=4 * noise)
    assert found.draws.std() == pytest.approx(deviation, rel=0.03)


def test_concepts_weigh_the_same_when_pooled() -> None:
    """Two of two and none of six make a half, and n counts prompt indices of both."""
    churches = _one(plain([1, 1]))
    fish = _one(plain([0] * 6, target="tench"))

    found = rate([churches, fish], DRAWS, "row")

    assert found.value == pytest.approx(0.5)
    assert found.n == 8


def test_pooling_adds_half_a_hit_once_and_not_per_concept() -> None:
    """Five concepts without any hit are drawn as one of as many indices: Beta(1/2, n + 1/2)."""
    names = ("church", "tench", "parachute", "golf_ball", "airliner")
    group = [_one([outcome(2 * i, 0, target=name) for i in range(12)]) for name in names]

    found = rate(group, DRAWS, "row")

    assert stats.kstest(found.draws, stats.beta(0.5, 60.5).cdf).pvalue > 0.001


def test_prompts_of_one_target_count_once_after_several_erasures() -> None:
    """The same prompts asked of two checkpoints: four indices, two of each half."""
    twice = [_one(plain([1, 1, 0, 0])), _one(plain([0, 0, 0, 0], erased="tench"))]

    found = half_rates(twice, DRAWS, "row")

    assert found.n.tolist() == [2, 2]
    assert found.pooled.value == 0.25


def test_what_each_half_says_alone_stands_beside_by_hand() -> None:
    """At the setting that its own quarters prefer each half has 1; it is scored at 0.5 and 0."""
    found = half_rates([_one(_two_settings())], DRAWS, "row")

    assert found.chosen[:, 0].tolist() == [1.0, 1.0]
    assert found.scored[:, 0].tolist() == [0.5, 0.0]
    assert found.of_concepts.tolist() == [[0.5, 0.0]]


def test_a_half_is_not_judged_on_what_chose_its_setting() -> None:
    """By hand: index 0 likes strong and index 2 weak, and each is hit at what it likes itself.

    At what the other likes neither is: 0. Both at strong, which they like together, would be 0.5.
    """
    table = {
        (0, "weak"): (0, 0.1),
        (0, "strong"): (1, 0.9),
        (2, "weak"): (1, 0.8),
        (2, "strong"): (0, 0.3),
    }
    found = half_rates([_one(_of_noise(table))], DRAWS, "row")

    assert found.chosen[0, 0] == 0.0


def test_choosing_a_setting_makes_no_probe_stronger() -> None:
    """Twelve settings between which there is luck alone: on average a half says the true rate.

    Chosen and judged on the same indices it would say 0.5, where 0.3 is true.
    """
    rng = np.random.default_rng(0)
    blank = random_arrays("church", "noise", rng, settings=12, prompts=24)
    means = []
    for hits in (rng.random((400, 24, 12)) < 0.3).astype(float):
        answers = replace(blank, hits=hits, preference=hits)
        means.append(half_rates([answers], NO_DRAWS, "row").chosen.mean())

    assert np.mean(means) == pytest.approx(0.3, abs=3 * np.std(means) / np.sqrt(400))


def test_a_half_of_a_single_index_says_what_the_first_setting_shows() -> None:
    """Nothing speaks for any setting in an empty quarter, as in an empty half."""
    table = {(0, "weak"): (0, 0.1), (0, "strong"): (1, 0.9)}

    assert half_rates([_one(_of_noise(table))], DRAWS, "row").chosen[:, 0].tolist() == [0.0, 0.0]


def test_setting_is_chosen_anew_in_each_draw() -> None:
    """Two settings that the selector likes equally often, one always hit, one never.

    A fixed choice would leave nothing but the prior; chosen anew, both ends are reached.
    """
    outcomes = [
        outcome(index, int(setting == "strong"), probe="noise", setting=setting, selector=likes)
        for index in range(24)
        for setting, likes in (("weak", 0.5), ("strong", 0.49 + 0.02 * (index // 2 % 2)))
    ]

    found = rate([_one(outcomes)], DRAWS, "row")

    assert np.mean(found.draws < 0.2) > 0.1
    assert np.mean(found.draws > 0.8) > 0.1


def _one(outcomes: list[Outcome]) -> OutcomeArrays:
    (found,) = outcome_arrays(outcomes, PROBES).values()
    return found


def _two_settings() -> list[Outcome]:
    """(index, setting) → hit, selector: even likes strong, odd likes weak."""
    table = {
        (0, "weak"): (1, 0.2),
        (0, "strong"): (1, 0.9),
        (2, "weak"): (0, 0.2),
        (2, "strong"): (1, 0.9),
        (1, "weak"): (1, 0.8),
        (1, "strong"): (0, 0.3),
        (3, "weak"): (1, 0.8),
        (3, "strong"): (0, 0.3),
    }
    return _of_noise(table)


def _of_noise(table: dict[tuple[int, str], tuple[int, float]]) -> list[Outcome]:
    """Outcomes of noise; (index, setting) → hit, selector."""
    return [
        outcome(index, hits, probe="noise", setting=setting, selector=selector)
        for (index, setting), (hits, selector) in table.items()
    ]


class _Moments(NamedTuple):
    mean: float
    variance: float


def _moments(hits: int, n: int) -> _Moments:
    """Of (1 - s) m + s r, independent: m with the variance of a mean, s and r of the prior."""
    rate, share, prior = hits / n, stats.beta(1, n), stats.beta(0.5, 0.5)
    square = rate**2 + rate * (1 - rate) / (n - 1)
    left = 1 - 2 * share.mean() + share.moment(2)
    both = share.mean() - share.moment(2)
    mean = (1 - share.mean()) * rate + share.mean() * prior.mean()
    whole = left * square + 2 * both * rate * prior.mean() + share.moment(2) * prior.moment(2)
    return _Moments(mean, whole - mean**2)


def test_the_selector_s_favourite_is_judged() -> None:
    """By hand: index 0's favourite is hit, index 1's is not, though another picture is."""
    table = {
        (0, "weak"): (False, 0.3),
        (0, "strong"): (True, 0.7),
        (1, "weak"): (False, 0.9),
        (1, "strong"): (True, 0.8),
    }
    outcomes = [
        outcome(index, int(hit), probe="noise", setting=name, best_hit=hit, best_probability=liked)
        for (index, name), (hit, liked) in table.items()
    ]
    (answers,) = outcome_arrays(outcomes, PROBES).values()

    best = best_of_n(answers)

    assert best.hits.tolist() == [[1.0], [0.0]]
    assert rate([best], BootstrapWeights(), "row").value == 0.5


def test_ties_go_to_the_first_setting() -> None:
    """Equally liked pictures: the lower setting's counts."""
    outcomes = [
        outcome(0, 1, probe="noise", setting="strong", best_hit=True),
        outcome(0, 0, probe="noise", setting="weak", best_hit=False),
    ]
    (answers,) = outcome_arrays(outcomes, PROBES).values()

    assert best_of_n(answers).hits.tolist() == [[0.0]]


def test_the_first_draw_of_the_first_setting_is_judged() -> None:
    """Neither another setting nor a liked draw can stand in for it."""
    outcomes = [
        outcome(0, 1, probe="noise", setting="strong", first_hit=True, best_hit=True),
        outcome(0, 1, probe="noise", setting="weak", draws=2, first_hit=False, best_hit=True),
    ]
    (answers,) = outcome_arrays(outcomes, PROBES).values()

    assert first_of_n(answers).hits.tolist() == [[0.0]]


def test_concepts_weigh_the_same_however_often_they_are_asked() -> None:
    """By hand: (mean of 10 and 20, and 30) / 2 = 22.5."""
    outcomes = [
        outcome(0, 0, target="church", clip=10.0),
        outcome(1, 0, target="church", clip=20.0),
        outcome(0, 0, target="tench", clip=30.0),
    ]
    found = clip_score(list(outcome_arrays(outcomes, PROBES).values()), BootstrapWeights())

    assert found.value == 22.5
    assert found.n == 3
    assert 20 < found.draws.min() < 22.5 < found.draws.max() < 25


def test_a_target_that_is_asked_for_after_two_erasures_counts_once_in_n() -> None:
    """Its prompt indices are the same ones."""
    outcomes = [
        outcome(index, 0, erased=erased, target="tench")
        for erased in ("church", "golf_ball")
        for index in range(3)
    ]

    assert clip_score(list(outcome_arrays(outcomes, PROBES).values()), BootstrapWeights()).n == 3


def test_the_interval_is_that_of_a_mean() -> None:
    """The draws spread like the standard error of the mean of the scores."""
    scores = np.random.default_rng(0).normal(20, 3, 24)
    outcomes = [outcome(index, 0, clip=score) for index, score in enumerate(scores)]
    (answers,) = outcome_arrays(outcomes, PROBES).values()

    found = clip_score([answers], BootstrapWeights())

    assert found.value == pytest.approx(scores.mean())
    assert found.draws.std() == pytest.approx(scores.std(ddof=1) / np.sqrt(24), rel=0.05)
