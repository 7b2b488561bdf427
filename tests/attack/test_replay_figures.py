"""The figures of a replayed attack."""

from __future__ import annotations

import pytest

from erasebench.attack.replay_figures import replay_figures
from erasebench.attack.replay_result import REPLAYED, REPLAYED_PLAIN
from erasebench.results.record import Record
from tests.results.example_replay import records_of

N = 24


def test_figures_of_a_hand_computed_case() -> None:
    """18 of 24 by the attack, 6 of them by the plain prompt; floor 6, ceiling 24: residual 2/3."""
    found = replay_figures(records_of(18, 6), records_of(12, 24), records_of(6, None))

    assert found.rate.value == 0.75
    assert found.control.value == 0.25
    assert found.excess.value == 0.5
    assert found.ceiling.value == 1
    assert found.on_base.value == 0.5
    assert found.floor is not None
    assert found.floor.value == 0.25
    assert found.above_floor.value == 0.5
    assert found.robustness is not None
    assert found.robustness.value == pytest.approx(1 / 3, abs=1e-6)
    assert found.robustness.low < 1 / 3 < found.robustness.high
    assert found.robustness.n == N
    assert found.recovers


@pytest.mark.parametrize(
    ("attack", "plain", "floor", "recovers"),
    [
        (24, 0, 0, True),
        (24, 24, 0, False),  # the name alone does as much
        (24, 0, 24, False),  # it draws the concept from a model that never knew it
        (2, 0, 0, False),  # under ten points
        (4, 2, 0, False),  # not surely more than the plain prompt
        (0, 0, 0, False),
    ],
)
def test_the_rule(attack: int, plain: int, floor: int, recovers: bool) -> None:
    """Both differences are at least ten points, and surely above nought."""
    found = replay_figures(records_of(attack, plain), records_of(0, 24), records_of(floor, None))

    assert found.recovers == recovers


def test_without_a_floor_it_is_nought() -> None:
    """And is said not to be there."""
    found = replay_figures(records_of(12, 0), records_of(0, 24), ())

    assert found.floor is None
    assert found.above_floor.value == 0.5
    assert found.robustness is not None
    assert found.robustness.value == 0.5


def test_nothing_between_floor_and_base() -> None:
    """Then there is no robustness, and no word of one."""
    found = replay_figures(records_of(24, 0), records_of(0, 6), records_of(24, None))

    assert found.robustness is None
    assert not found.recovers


@pytest.mark.parametrize(("floor", "told"), [(14, True), (15, False)])
def test_floor_and_base_that_are_hardly_apart(floor: int, told: bool) -> None:
    """Ten of 24 pictures are over the 0.40 that a ranked probe must have between them, nine under.

    With nine the attack exceeds both the plain prompt and the floor, and it proves nothing: it
    draws the concept from most starts of a model that never knew it.
    """
    found = replay_figures(records_of(24, 0), records_of(0, 24), records_of(floor, None))

    assert found.above_floor.value > 0.1
    assert found.above_floor.low > 0
    assert found.recovers == told
    assert (found.robustness is not None) == told


@pytest.mark.parametrize("probe", [REPLAYED, REPLAYED_PLAIN])
def test_missing_and_double_records(probe: str) -> None:
    """They cannot be counted."""
    whole = records_of(12, 6)
    lacking = [one for one in whole if (one.trial.probe, one.trial.prompt_index) != (probe, 3)]
    double: list[Record] = [*whole, whole[0]]
    for records in (lacking, double, []):
        with pytest.raises(ValueError, match=r"same prompt indices|2 records at|records of 0"):
            replay_figures(records, records_of(0, 24), ())
