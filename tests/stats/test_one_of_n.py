"""The first and the best of all pictures of a prompt index."""

from __future__ import annotations

from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.outcome_arrays import outcome_arrays
from erasebench.stats.rates import best_of_n, first_of_n, rate
from tests.stats.toy_outcomes import PROBES, outcome


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
