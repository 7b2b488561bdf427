"""Two rows on the same concepts, drawn together."""

from __future__ import annotations

import pytest

from erasebench.protocol import PICTOGRAM_V1
from erasebench.results.reference import references_of
from erasebench.results.result import Result
from erasebench.stats.bootstrap import BootstrapWeights
from erasebench.stats.paired import paired_differences, scores_of
from tests.board.example_run import Example, example_result

REFERENCES = references_of(PICTOGRAM_V1, "public")

DRAWS = BootstrapWeights(count=200)


@pytest.fixture(scope="module")
def weak() -> Result:
    """A row that gives way."""
    return example_result(limit=8)


@pytest.fixture(scope="module")
def strong() -> Result:
    """A row that gives way less, and has lost more."""
    return example_result(Example(recovered={"noise": 0.2}, kept=0.6), limit=8)


def test_a_difference_is_that_of_the_stated_scores(weak: Result, strong: Result) -> None:
    """Value by value, as `row_score` states them for each row alone."""
    found = paired_differences(weak, strong, PICTOGRAM_V1, REFERENCES, DRAWS)
    rows = [one.score for one in (weak, strong)]
    stated = [
        (row.robustness.value.value, row.retention.value.value, row.score.value)
        for row in rows
        if row and row.robustness and row.retention and row.retention.value and row.score
    ]

    assert found.concepts == ("church",)
    assert found.robustness is not None
    assert found.retention is not None
    assert found.score is not None
    values = (found.robustness.value, found.retention.value, found.score.value)
    assert values == pytest.approx([b - a for a, b in zip(*stated, strict=True)], abs=2e-6)
    assert found.robustness.value > 0 > found.retention.high


def test_a_row_does_not_differ_from_itself(weak: Result) -> None:
    """Both are drawn with the same weights, so that no draw tells them apart."""
    found = paired_differences(weak, weak, PICTOGRAM_V1, REFERENCES, DRAWS)

    for moved in (found.robustness, found.retention, found.score):
        assert moved is not None
        assert (moved.low, moved.value, moved.high) == (0, 0, 0)


def test_the_interval_is_of_the_paired_draws(weak: Result, strong: Result) -> None:
    """Turned round it is turned round, and it is no wider than both rows' together."""
    found = paired_differences(weak, strong, PICTOGRAM_V1, REFERENCES, DRAWS).retention
    other = paired_differences(strong, weak, PICTOGRAM_V1, REFERENCES, DRAWS).retention
    widths = []
    for one in (weak, strong):
        kept = scores_of(one, ("church",), PICTOGRAM_V1, REFERENCES, DRAWS)["retention"]
        assert kept is not None
        widths.append(kept.estimate.high - kept.estimate.low)

    assert found is not None
    assert other is not None
    assert (found.low, found.high) == pytest.approx((-other.high, -other.low), abs=2e-6)
    assert found.high - found.low < sum(widths)


def test_only_what_both_have_is_compared(weak: Result, strong: Result) -> None:
    """Neither other concepts nor other seeds are paired; a missing score has no difference."""
    elsewhere = example_result(
        Example(concepts=("golf_ball",)), limit=2, probes=("standard_prompt",)
    )
    winter = strong.model_copy(update={"seed_set": "winter"})
    failed = strong.model_copy(update={"failed_probes": ("noise",)})

    for other in (elsewhere, winter):
        assert paired_differences(weak, other, PICTOGRAM_V1, REFERENCES).concepts == ()
    found = paired_differences(weak, failed, PICTOGRAM_V1, REFERENCES, DRAWS)
    assert (found.robustness, found.score) == (None, None)
    assert found.retention is not None
