"""The curve of a trace: distances, their intervals, and the rule for its word."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from erasebench.results.trace import Trace
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.intervals import wilson
from erasebench.stats.tracing import trace_of

SEEDS, WIDTH = 16, 32

FEW = BootstrapWeights(count=200)
"""Enough to see an interval."""


def curve(embeddings: npt.NDArray[np.float64], draws: BootstrapWeights = FEW) -> Trace:
    """The trace of embeddings (K, S, D), at positions 0, 1, …, without a judge."""
    positions = [float(place) for place in range(len(embeddings))]
    single = embeddings.astype(np.float32)
    return trace_of("interpolation", "church", positions, single, None, draws)


def way(shares: Sequence[float], noise: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Pictures that move by shares of 0.5 in one direction, each also in one of its own.

    Args:
        shares: of each step; K − 1.
        noise: length of a picture's own way, the same at every point but the first.
        rng: draws both.
    """
    direction = rng.standard_normal(WIDTH)
    direction *= 0.5 / np.linalg.norm(direction)
    start = rng.standard_normal((SEEDS, WIDTH))
    own = rng.standard_normal((len(shares), SEEDS, WIDTH)) * noise / math.sqrt(WIDTH)
    moved = np.cumsum(shares)[:, None, None] * direction + own
    return np.concatenate([start[None], start + moved])


def test_distance_leaves_out_what_each_picture_adds_by_itself() -> None:
    """By hand: moves of 3, 1, 1, 3 along one axis give Σ_{s≠t} = 8² − 20 = 44, so √(44/12)."""
    embeddings = np.zeros((4, 4, 2))
    embeddings[1:, :, 0] = [3, 1, 1, 3]

    trace = curve(embeddings)

    expected = pytest.approx(math.sqrt(44 / 12), abs=1e-6)
    assert [point.distance.value for point in trace.points] == [0, expected, expected, expected]


def test_first_point_is_the_base_itself() -> None:
    """Its distance is exactly 0 in every draw, since each seed is compared with itself."""
    first = curve(way([0.25] * 4, 1.0, np.random.default_rng(0))).points[0].distance

    assert (first.value, first.low, first.high, first.n) == (0, 0, 0, SEEDS)


def test_equal_moves_have_no_spread() -> None:
    """Where every picture moves alike, seeds can be weighed in any way."""
    trace = curve(way([0.25] * 4, 0.0, np.random.default_rng(0)))

    for place, point in enumerate(trace.points):
        figures = (point.distance.low, point.distance.value, point.distance.high)
        assert figures == pytest.approx([0.125 * place] * 3, abs=1e-6)


def test_distances_are_not_too_long_on_average() -> None:
    """Over many samples the mean is the true distance, where the plain one is a third longer."""
    rng = np.random.default_rng(1)
    samples = [way([0, 0, 1], 1.5, rng) for _ in range(300)]
    found = [curve(one, BootstrapWeights(count=2)).points[-1].distance.value for one in samples]
    plain = [np.linalg.norm((one[-1] - one[0]).mean(axis=0)) for one in samples]

    assert np.mean(found) == pytest.approx(0.5, abs=0.015)
    assert np.mean(plain) > 0.6


def test_interval_is_that_of_a_plain_loop() -> None:
    """Quantiles of Σ_{s≠t} w_s w_t δ_s·δ_t / Σ_{s≠t} w_s w_t over the draws of weights."""
    embeddings = way([0.2, 0.3, 0.5], 0.5, np.random.default_rng(2))
    moved = embeddings.astype(np.float32).astype(np.float64)
    moved = moved - moved[0]
    draws = BootstrapWeights(count=50)
    distances = []
    for weights in draws.weights("church", np.arange(SEEDS)):
        above = below = 0.0
        for s in range(SEEDS):
            for t in range(SEEDS):
                if s != t:
                    above += weights[s] * weights[t] * float(moved[2, s] @ moved[2, t])
                    below += weights[s] * weights[t]
        distances.append(math.sqrt(max(0.0, above / below)))

    found = curve(embeddings, draws).points[2].distance

    assert [found.low, found.high] == pytest.approx(
        np.quantile(distances, (0.025, 0.975)), abs=1e-6
    )


def test_interval_covers_the_true_distance() -> None:
    """In nine samples of ten at least, with sixteen seeds."""
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        distance = curve(way([0, 0, 1], 0.7, rng)).points[-1].distance
        covered += distance.low <= 0.5 <= distance.high

    assert covered >= 176


def test_one_jump_is_abrupt() -> None:
    """The step is named, and carries nearly all of the way."""
    trace = curve(way([0, 0, 1, 0, 0], 0.3, np.random.default_rng(4)))

    assert trace.word == "abrupt"
    assert trace.steepest is not None
    assert (trace.steepest.start, trace.steepest.end) == (2, 3)
    assert trace.steepest.share.low > 0.5
    assert trace.steepest.share.value > 0.8


def test_a_straight_line_is_smooth() -> None:
    """Each of five equal steps carries about a fifth."""
    trace = curve(way([0.2] * 5, 0.1, np.random.default_rng(5)))

    assert trace.word == "smooth"
    assert trace.steepest is not None
    assert trace.steepest.share.value == pytest.approx(0.2, abs=0.05)


def test_a_step_that_may_carry_less_than_half_is_no_leap() -> None:
    """The estimate alone does not decide: its lower bound does."""
    trace = curve(way([0.15, 0.7, 0.1, 0.05], 0.7, np.random.default_rng(6)))

    assert trace.steepest is not None
    assert trace.steepest.share.low < 0.5 < trace.steepest.share.value
    assert trace.word == "smooth"


def test_pictures_that_scatter_have_not_moved() -> None:
    """Each picture changes in a direction of its own: the means part, and nothing has changed."""
    embeddings = way([0, 0, 0, 0], 1.0, np.random.default_rng(7))
    trace = curve(embeddings)

    assert np.linalg.norm((embeddings[-1] - embeddings[0]).mean(axis=0)) > 0.2
    assert trace.word == "no change"
    assert trace.steepest is None
    assert 0 < trace.chance < 0.2
    assert trace.points[-1].distance.value <= trace.chance


def test_equal_pictures_have_not_moved() -> None:
    """The same pictures at every point: nothing to divide by, and no change."""
    trace = curve(np.ones((4, SEEDS, WIDTH)))

    assert (trace.word, trace.chance, trace.points[-1].distance.high) == ("no change", 0, 0)


def test_chance_alone_seldom_counts_as_change() -> None:
    """In one sample of twenty, as the rule says."""
    rng = np.random.default_rng(8)
    words = [curve(way([0, 0, 0], 0.7, rng)).word for _ in range(300)]

    assert 3 <= 300 - words.count("no change") <= 30


def test_a_leap_is_not_seen_where_there_is_none() -> None:
    """With a step of just half, which the rule does not call abrupt, one sample in twenty is."""
    rng = np.random.default_rng(9)
    words = [curve(way([0.125, 0.125, 0.5, 0.25], 0.5, rng)).word for _ in range(200)]

    assert words.count("abrupt") <= 15


def test_a_way_that_turns_back_is_measured_by_how_far_it_led() -> None:
    """Three even steps out and two back end one step away, and that step was no leap."""
    trace = curve(way([1, 1, 1, -1, -1], 0.01, np.random.default_rng(10)))

    assert trace.word == "smooth"
    assert trace.steepest is not None
    assert trace.steepest.share.value == pytest.approx(1 / 3, abs=0.01)


def test_equal_pictures_give_equal_traces() -> None:
    """Nothing is drawn from anywhere but the seed."""
    embeddings = way([0.25] * 4, 0.5, np.random.default_rng(11))

    assert curve(embeddings) == curve(embeddings)


def test_judge_is_a_rate_with_wilson_s_interval() -> None:
    """Hits of a point over its seeds; where there is no judge, none."""
    embeddings = way([0.5, 0.3, 0.2], 0.1, np.random.default_rng(12)).astype(np.float32)
    hits = np.zeros((4, SEEDS), dtype=np.bool_)
    hits[0], hits[1, :5] = True, True

    judged = trace_of("checkpoints", "church", (0, 10, 20, 30), embeddings, hits, FEW)
    unjudged = curve(embeddings)

    assert [point.position for point in judged.points] == [0, 10, 20, 30]
    assert [point.judge for point in judged.points] == [wilson(h, SEEDS) for h in (16, 5, 0, 0)]
    assert {point.judge for point in unjudged.points} == {None}
