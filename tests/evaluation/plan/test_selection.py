"""Which part of the suite a command asks for."""

from __future__ import annotations

import pytest

from erasebench.errors import RequestError, UnknownNameError
from erasebench.evaluation.plan.selection import select, suite_of
from erasebench.protocol import PICTOGRAM_V1


def test_no_names_stand_for_the_whole_suite_and_nothing_is_missing() -> None:
    """A plain evaluation is a full one."""
    selection = select(PICTOGRAM_V1, ("church",))

    assert suite_of(PICTOGRAM_V1) == selection.probes
    assert selection.retention
    assert selection.missing(PICTOGRAM_V1) is None


def test_the_suite_holds_no_probe_that_measures_retention_only() -> None:
    """`painted_prompt` says nothing about an erased concept."""
    assert "painted_prompt" not in suite_of(PICTOGRAM_V1)


@pytest.mark.parametrize(
    ("probes", "limit", "missing"),
    [
        ((), 4, "limit 4"),
        ((), 24, None),
        (("noise", "retention"), None, "probes named: 1 of 20"),
        (("noise", "standard_prompt"), 2, "limit 2; probes named: 2 of 20; no retention"),
        (("retention",), None, "probes named: 0 of 20"),
        ((*suite_of(PICTOGRAM_V1), "retention"), None, "probes named: 20 of 20"),
    ],
)
def test_whatever_is_left_out_is_said(
    probes: tuple[str, ...], limit: int | None, missing: str | None
) -> None:
    """A result is marked partial with the reasons, and a choice of probes is one."""
    assert missing == select(PICTOGRAM_V1, ("church",), probes, limit).missing(PICTOGRAM_V1)


def test_probes_stand_in_the_protocol_s_order_however_they_are_named() -> None:
    """The order of options, and naming twice, make no other run."""
    forth = select(PICTOGRAM_V1, ("church", "golf_ball"), ("noise", "resampling"))
    back = select(
        PICTOGRAM_V1, ("church", "golf_ball", "church"), ("resampling", "noise", "resampling")
    )

    assert forth == back


def test_tracing_is_a_part_like_retention() -> None:
    """In a full evaluation, or named with others; alone, the verb `trace` does it."""
    full = select(PICTOGRAM_V1, ("church",))
    named = select(PICTOGRAM_V1, ("church",), ("tracing", "noise"))
    without = select(PICTOGRAM_V1, ("church",), ("noise", "retention"))

    assert [one.tracing for one in (full, named, without)] == [True, True, False]
    assert full.names == (*suite_of(PICTOGRAM_V1), "retention", "tracing")
    assert named.names == ("noise", "tracing")
    assert without.names == ("noise", "retention")
    with pytest.raises(RequestError, match="erasebench trace"):
        select(PICTOGRAM_V1, ("church",), ("tracing",))


def test_unknown_names_are_refused_with_the_nearest() -> None:
    """Concepts and probes alike."""
    with pytest.raises(UnknownNameError, match="Did you mean 'church'"):
        select(PICTOGRAM_V1, ("churhc",))
    with pytest.raises(UnknownNameError, match="Did you mean 'noise'"):
        select(PICTOGRAM_V1, ("church",), ("nois",))
    with pytest.raises(UnknownNameError, match="retention"):
        select(PICTOGRAM_V1, ("church",), ("painted_prompt",))
