"""Outcomes as arrays."""

from __future__ import annotations

import pytest

from erasebench.stats.outcome_arrays import OutcomeGroup, outcome_arrays
from tests.stats.toy_outcomes import PROBES, outcome


def test_settings_and_indices_are_in_order_whatever_the_outcomes_order() -> None:
    """Ties depend on the probe's order of settings, not on that of the file."""
    outcomes = [
        outcome(1, 1, probe="noise", setting="strong"),
        outcome(0, 0, probe="noise", setting="strong"),
        outcome(0, 1, probe="noise", setting="weak", draws=4),
        outcome(1, 0, probe="noise", setting="weak"),
    ]

    (found,) = outcome_arrays(outcomes, PROBES).values()

    assert found.settings == ("weak", "strong")
    assert found.indices.tolist() == [0, 1]
    assert found.hits.tolist() == [[0.25, 0.0], [0.0, 1.0]]
    assert found.draws.tolist() == [[4, 1], [1, 1]]


def test_questions_are_kept_apart() -> None:
    """The same probe on another target, or after another erasure, is another question."""
    outcomes = [
        outcome(0, 1),
        outcome(0, 1, target="tench"),
        outcome(0, 1, erased="tench", target="tench"),
    ]

    assert set(outcome_arrays(outcomes, PROBES)) == {
        OutcomeGroup("church", "church", "standard_prompt"),
        OutcomeGroup("church", "tench", "standard_prompt"),
        OutcomeGroup("tench", "tench", "standard_prompt"),
    }


def test_double_outcome_is_refused() -> None:
    """Two outcomes of one prompt index and setting would count it twice."""
    with pytest.raises(ValueError, match="two outcomes"):
        outcome_arrays([outcome(0, 1), outcome(0, 0)], PROBES)


def test_hole_is_refused() -> None:
    """A setting that one prompt index lacks cannot be compared with the others."""
    outcomes = [
        outcome(0, 1, probe="noise", setting="weak"),
        outcome(0, 1, probe="noise", setting="strong"),
        outcome(1, 1, probe="noise", setting="weak"),
    ]

    with pytest.raises(ValueError, match=r"no outcome at \(1, 'strong'\)"):
        outcome_arrays(outcomes, PROBES)


def test_clip_only_is_a_share_of_the_draws() -> None:
    """One picture of four that the judge rejects and CLIP ranks first."""
    one = outcome(0, 2, draws=4).model_copy(update={"clip_only": 1})
    (found,) = outcome_arrays([one], PROBES).values()

    assert found.clip_only.tolist() == [[0.25]]


def test_all_indices_are_the_arrays_themselves() -> None:
    """What was computed from them is found again; some of the indices are other arrays."""
    (found,) = outcome_arrays([outcome(index, index % 2) for index in range(3)], PROBES).values()

    assert found.at(found.indices) is found
    assert found.at(found.indices[1:]).hits.tolist() == [[1.0], [0.0]]
