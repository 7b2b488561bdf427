"""First weights of new modules, drawn from a seed and not from the global generator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def initialised(seed: int) -> Iterator[None]:
    """Fixes what modules built inside draw their first weights from.

    torch modules draw them from the global generator and take no other, so it is forked: nothing
    outside sees the seed.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # noqa: TID251  (see above)
        yield
