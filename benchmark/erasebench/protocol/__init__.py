"""Protocols: everything that determines a run. One object per module.

`definition` and `pins` hold their parts, `seeds` the seed sets, `retention` the retention prompts.
"""

from __future__ import annotations

from erasebench.protocol.definition import PUBLIC_SEED_SET, CentreSquare, Protocol, View
from erasebench.protocol.pictogram_v1 import PICTOGRAM_V1
from erasebench.protocol.pins import HubPin, JudgePin, ModelPin, PixelInput
from erasebench.protocol.registry import PROTOCOLS, protocol_named
from erasebench.protocol.sd14_v1 import SD14_V1
from erasebench.protocol.seeds import PUBLIC_SEEDS, SeedSet

__all__ = [
    "PICTOGRAM_V1",
    "PROTOCOLS",
    "PUBLIC_SEEDS",
    "PUBLIC_SEED_SET",
    "SD14_V1",
    "CentreSquare",
    "HubPin",
    "JudgePin",
    "ModelPin",
    "PixelInput",
    "Protocol",
    "SeedSet",
    "View",
    "protocol_named",
]
