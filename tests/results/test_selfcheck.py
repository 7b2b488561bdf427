"""When a probe is proven."""

from __future__ import annotations

import pytest

from erasebench.results.selfcheck import Found, ProbeCheck
from tests.cli.test_selfcheck import estimate, found


def check(planted: Found | None) -> ProbeCheck:
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

    assert check(planted).proven is proven
    assert check(planted).tried


def test_without_a_floor_it_is_neither_proven_nor_failed() -> None:
    """There is nothing to exceed."""
    planted = Found(rate=estimate(0.9), control=None, excess=None, plain=estimate(0.0))

    assert not check(planted).proven
    assert not check(planted).tried
    assert not check(None).tried
