"""Seed sets, from which streams of noise are seeded: the public one, or a season's."""

from __future__ import annotations

from dataclasses import dataclass, field

from erasebench.protocol.definition import PUBLIC_SEED_SET


@dataclass(frozen=True)
class SeedSet:
    """A seed set as a run uses it.

    Attributes:
        name: `public`, or the season's.
        digest: of the season's secret, as published; None of the public set.
        secret: of a season; never written, and not part of `repr`. None of the public set.
        revealed: whether the seeds are public.
        protocols: those that a season is held under; empty for the public set, which serves all.
    """

    name: str
    digest: str | None = None
    secret: str | None = field(default=None, repr=False)
    revealed: bool = True
    protocols: tuple[str, ...] = ()


PUBLIC_SEEDS = SeedSet(PUBLIC_SEED_SET)
"""The public seed set."""
