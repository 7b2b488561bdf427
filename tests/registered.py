"""Which protocols there are while a test runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from erasebench.protocol import PROTOCOLS, Protocol


@contextmanager
def only(protocol: Protocol, name: str = "tiny") -> Iterator[None]:
    """One protocol alone; afterwards those of before, in their order, of which the first counts."""
    registered = dict(PROTOCOLS)
    PROTOCOLS.clear()
    PROTOCOLS[name] = protocol
    try:
        yield
    finally:
        PROTOCOLS.clear()
        PROTOCOLS.update(registered)
