"""When a probe is proven."""

from __future__ import annotations

import pytest

from erasebench.results.selfcheck import ProbeCheck, ProbeRates
from tests.cli.test_selfcheck import estimate, found


def check(planted: ProbeRates | None) -> ProbeCheck:
    """A context probe that found this on its planted erasure."""
    return ProbeCheck(
        probe="inpainting_crop",
        control="floor",
        plant="early_prompt_filter",
        planted=planted,
        retrain=None,
        base=None,
    )


@pytest.mark.parametrize(("plain", "proven"), [(0.0, True), (0.6, True), (0.61, False)])
def test_a_context_probe_must_exceed_the_plain_prompt_as_well(plain: float, proven: bool) -> None:
    """One that ignored its context would find what the plain prompt finds, far above its floor."""
    planted = found(0.9, 0.9).model_copy(update={"plain": estimate(plain)})

    assert check(planted).validated is proven
    assert check(planted).testable


def test_without_a_floor_it_is_neither_proven_nor_failed() -> None:
    """There is nothing to exceed."""
    planted = ProbeRates(rate=estimate(0.9), control=None, excess=None, plain=estimate(0.0))

    assert not check(planted).validated
    assert not check(planted).testable
    assert not check(None).testable
