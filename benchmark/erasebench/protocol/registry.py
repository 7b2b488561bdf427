"""All protocols by name."""

from __future__ import annotations

from erasebench.errors import UnknownNameError
from erasebench.protocol.definition import Protocol
from erasebench.protocol.pictogram_v1 import PICTOGRAM_V1
from erasebench.protocol.sd14_v1 import SD14_V1

PROTOCOLS: dict[str, Protocol] = {protocol.name: protocol for protocol in (PICTOGRAM_V1, SD14_V1)}
"""All protocols by name; the first is the default."""


def protocol_named(name: str) -> Protocol:
    """The protocol of this name.

    Raises:
        UnknownNameError: if there is none; suggests a similar name.
    """
    if name not in PROTOCOLS:
        raise UnknownNameError("protocol", name, tuple(PROTOCOLS))
    return PROTOCOLS[name]
